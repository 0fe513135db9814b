"""The paths of the server, one module a family."""

from typing import Annotated

from fastapi import Depends, Request

from relevo_inference.services import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


# Async dependencies run on the event loop; a plain one would cost a thread.
async def services_of(request: Request) -> Services:
    return _services(request)


Server = Annotated[Services, Depends(services_of)]
