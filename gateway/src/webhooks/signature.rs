//! Signatures of requests, as [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks) has them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use job_model::WebhookSecret;
use ring::hmac;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How long a key is, in bytes: what the specification recommends.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What signs requests.
pub(crate) struct Key(hmac::Key);

impl Key {
    /// Reads a secret.
    ///
    /// # Errors
    /// What a secret looks like, without the one that was given.
    pub(crate) fn read(secret: &WebhookSecret) -> Result<Self, &'static str> {
        let wrong = "must be whsec_ and 24 to 64 bytes in base64; answers show *** in its place";
        let key = secret.expose().strip_prefix(PREFIX).and_then(|text| BASE64_STANDARD.decode(text).ok());
        let key = key.filter(|key| KEY_BYTES.contains(&key.len())).ok_or(wrong)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The value of `webhook-signature` for a request of this id, sent at this second since the Unix epoch.
    pub(crate) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use job_model::WebhookSecret;

    use super::Key;

    #[test]
    fn a_request_is_signed_as_the_specifications_example_is() {
        let key =
            Key::read(&WebhookSecret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap_or_else(|e| panic!("{e}"));
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_its_prefix_and_enough_bytes() {
        for secret in
            ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_short", "whsec_c2hvcnQ=", "whsec_***", "***"]
        {
            let refused = Key::read(&WebhookSecret::new(secret)).err().unwrap_or_default();
            assert!(refused.starts_with("must be whsec_"), "{secret}");
        }
    }
}
