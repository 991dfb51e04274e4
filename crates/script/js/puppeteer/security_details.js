// SecurityDetails: the certificate and protocol of a response.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";

export class SecurityDetails {
  subjectName() { return ops.security_details_subject_name(ridOf(this)); }
  issuer() { return ops.security_details_issuer(ridOf(this)); }
  validFrom() { return ops.security_details_valid_from(ridOf(this)); }
  validTo() { return ops.security_details_valid_to(ridOf(this)); }
  subjectAlternativeNames() { return ops.security_details_subject_alternative_names(ridOf(this)); }
  protocol() { return ops.security_details_protocol(ridOf(this)); }
}

define("SecurityDetails", SecurityDetails);
