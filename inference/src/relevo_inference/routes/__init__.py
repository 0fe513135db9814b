"""The paths of the server, one module a family."""

from typing import Annotated

from fastapi import Depends, Request

from relevo_inference.services import Services


# Async dependencies run on the event loop; a plain one would cost a thread.
async def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Server = Annotated[Services, Depends(services_of)]
