"""How the page looks. Fonts are those of the reader's system: the page loads nothing from other hosts."""

from pathlib import Path
from typing import Any

import gradio as gr

STYLE = Path(__file__).parent / "style.css"


def theme() -> gr.themes.Base:
    """Calm and compact, so that a form of a dozen fields fits a laptop's screen."""
    return gr.themes.Default(
        primary_hue="teal",
        secondary_hue="teal",
        neutral_hue="slate",
        spacing_size="sm",
        radius_size="sm",
        font=("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "DejaVu Sans", "sans-serif"),
        font_mono=("ui-monospace", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace"),
    ).set(
        # Help is there to be read: the theme's own grey is too pale for WCAG AA.
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        block_label_text_color="*neutral_900",
        block_title_text_color="*neutral_900",
        block_title_text_color_dark="*neutral_100",
        block_title_text_weight="500",
        color_accent="*primary_700",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_800",
    )


def own_html(value: str = "", **options: Any) -> gr.HTML:
    """A place for HTML of ours, which `style.css` dresses: without Gradio's styles for prose."""
    return gr.HTML(value, apply_default_css=False, padding=False, **options)
