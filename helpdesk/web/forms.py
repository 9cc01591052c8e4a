"""The guard of the help centre's forms."""

from foundation.forms import FormGuard
from helpdesk.services import services_of

guard = FormGuard(
    "latchkey_visitor", lambda request: services_of(request).settings.secret
)
own_form = guard.own_form
