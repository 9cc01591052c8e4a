"""The words that the tests of the recovery form share."""

ANA, BO = "ana@example.com", "bo@example.com"
SLIP, MEANT = "ana@gmial.com", "ana@gmail.com"
CONFIRM, ADDRESS, DOUBT = "recovery_confirmed", "email", "email_suggestion_accepted"
NO_DOUBT = {"email_typed": None, "email_suggestion": None}
IN_DOUBT = {"requested_slot": DOUBT, "email_typed": SLIP, "email_suggestion": MEANT}
TO_CONFIRM = {"requested_slot": CONFIRM, "email": ANA}
TO_ADDRESS = {"requested_slot": ADDRESS}
MISSING, INVALID = "utter_email_missing", "utter_email_invalid"
SEVERAL, PERSON = "utter_email_several", "utter_email_offer_person"
