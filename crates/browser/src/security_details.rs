//! Puppeteer's `SecurityDetails`: how a response was secured.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

/// The certificate and protocol of an HTTPS response.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct SecurityDetails {
    /// To whom the certificate was issued.
    pub subject_name: String,
    /// The other names that the certificate is good for.
    #[serde(default, rename = "sanList")]
    pub subject_alternative_names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// From when it is valid, in seconds since 1970.
    pub valid_from: f64,
    /// Until when it is valid, in seconds since 1970.
    pub valid_to: f64,
    /// For example `TLS 1.3`.
    pub protocol: String,
}

impl SecurityDetails {
    /// From `Network.Response.securityDetails`; `None` when there is none.
    pub fn from_payload(payload: &Value) -> Option<Rc<Self>> {
        Self::deserialize(payload).ok().map(Rc::new)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_secured_response_has_details() {
        let payload = json!({
            "protocol": "TLS 1.3", "keyExchange": "", "cipher": "AES_128_GCM", "certificateId": 0,
            "subjectName": "puppeteer-tests", "sanList": ["localhost"], "issuer": "puppeteer-tests",
            "validFrom": 1550084863, "validTo": 33086084863u64,
        });
        let details = SecurityDetails::from_payload(&payload).expect("a secured response");
        assert_eq!((details.subject_name.as_str(), details.valid_to), ("puppeteer-tests", 33_086_084_863.0));
        assert_eq!(SecurityDetails::from_payload(&Value::Null), None);
    }
}
