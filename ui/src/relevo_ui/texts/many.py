"""Texts for predictions of many rows from a CSV file."""

from relevo_ui.texts.text import Spoken, Text


class ManyTexts(Spoken):
    many_rows = Text("Many rows from a CSV file", "Muchas filas desde un archivo CSV")
    many_hint = Text(
        "The first line names the columns, in any order: every field of the form by its column's name. "
        "Further columns stay as they are. The result is your file with the predictions beside each row.",
        "La primera línea nombra las columnas, en cualquier orden: cada campo del formulario por el nombre de su "
        "columna. Las demás se conservan. El resultado es su archivo con las predicciones junto a cada fila.",
    )
    csv_file = Text("CSV file", "Archivo CSV")
    template = Text("Download a template", "Descargar una plantilla")
    predict_all = Text("Predict all rows", "Predecir todas las filas")
    download = Text("Download the predictions", "Descargar las predicciones")
    no_file = Text("Choose a CSV file first.", "Elija primero un archivo CSV.")
    rows_done = Text("{done} of {total} rows", "{done} de {total} filas")
    rows_predicted = Text(
        "{predicted} of {total} rows predicted by version {versions}.",
        "{predicted} de {total} filas predichas por la versión {versions}.",
    )
    rows_failed = Text(
        "{failed} rows have no prediction; the column “error” of the result says why:",
        "{failed} filas no tienen predicción; la columna «error» del resultado dice por qué:",
    )
    none_predicted = Text("No row could be predicted.", "No se pudo predecir ninguna fila.")
    more_errors = Text("… and {count} more in the file.", "… y {count} más en el archivo.")
    csv_cell = Text("Line {line}, column {column}: {problem}.", "Línea {line}, columna {column}: {problem}.")
    csv_row = Text("Line {line}: {problem}.", "Línea {line}: {problem}.")
    csv_cells = Text(
        "Line {line} has {found} cells, and the first line names {expected} columns.",
        "La línea {line} tiene {found} celdas y la primera línea nombra {expected} columnas.",
    )
    csv_not_asked = Text(
        "Line {line}: not predicted, since the model server stopped answering.",
        "Línea {line}: sin predicción, porque el servidor de modelos dejó de responder.",
    )
    csv_encoding = Text(
        "Line {line} is not UTF-8 text. Save the file as CSV UTF-8 and choose it again.",
        "La línea {line} no es texto UTF-8. Guarde el archivo como CSV UTF-8 y elíjalo de nuevo.",
    )
    csv_broken = Text(
        "Line {line} cannot be read as CSV ({problem}). Is a quotation mark missing before it?",
        "La línea {line} no se puede leer como CSV ({problem}). ¿Falta unas comillas antes?",
    )
    csv_columns = Text(
        "The first line must name every column of the model; missing: {missing}. It says: {found}.",
        "La primera línea debe nombrar todas las columnas del modelo; faltan: {missing}. Dice: {found}.",
    )
    csv_twice = Text(
        "The first line names these columns twice: {columns}. Rename or remove one of each.",
        "La primera línea nombra dos veces estas columnas: {columns}. Renombre o quite una de cada.",
    )
    csv_empty = Text(
        "The file has a first line, but no rows below it.", "El archivo tiene una primera línea, pero ninguna fila."
    )
