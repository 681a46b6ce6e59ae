//! Requests in the name of a session, signed by AWS's own library
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>).

use std::time::{Duration, SystemTime};

use aws_sdk_sts::config::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use evercred_core::{Credential, Field, Secret};

/// Who signs, for which service, and when.
pub(crate) struct Signer<'a> {
    pub(crate) credential: &'a Credential,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) now: SystemTime,
}

/// What the library says when a request cannot be signed; it holds no secret.
pub(crate) type SigningError = Box<dyn std::error::Error + Send + Sync>;

impl Signer<'_> {
    /// `url` with the signature of a `GET` in its query, good for `expires_in`. `headers` must come with the request.
    pub(crate) fn presign(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        expires_in: Duration,
    ) -> Result<String, SigningError> {
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(expires_in);
        let mut request = http::Request::get(url).body(())?;
        self.apply(settings, headers, b"", &mut request)?;
        Ok(request.uri().to_string())
    }

    /// Adds the headers that sign `request` with the headers it has, whose body is `body`.
    pub(crate) fn sign(&self, request: &mut http::Request<()>, body: &[u8]) -> Result<(), SigningError> {
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
            .collect::<Result<_, SigningError>>()?;
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.apply(SigningSettings::default(), &headers, body, request)
    }

    fn apply(
        &self,
        settings: SigningSettings,
        headers: &[(&str, &str)],
        body: &[u8],
        request: &mut http::Request<()>,
    ) -> Result<(), SigningError> {
        let text = |field| self.credential.field(field).map(Secret::expose).unwrap_or_default();
        let token = text(Field::SESSION_TOKEN).to_owned();
        let (key, secret) = (text(Field::ACCESS_KEY_ID), text(Field::SECRET_ACCESS_KEY));
        let identity = Credentials::new(key, secret, Some(token), None, "evercred").into();
        let parameters: SigningParams<'_> = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.now)
            .settings(settings)
            .build()?
            .into();
        let (method, url) = (request.method().to_string(), request.uri().to_string());
        let signable =
            SignableRequest::new(&method, &url, headers.iter().copied(), SignableBody::Bytes(body))?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }

    /// The signature of a text that is no HTTP request.
    pub(crate) fn signature(&self, text: &str) -> String {
        let secret = self.credential.field(Field::SECRET_ACCESS_KEY).map(Secret::expose).unwrap_or_default();
        let key = v4::generate_signing_key(secret, self.now, self.region, self.service);
        v4::calculate_signature(key, text.as_bytes())
    }
}
