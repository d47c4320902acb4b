//! TLS by rustls, as far as `sslmode` asks the server to prove itself.

use super::address::{Address, SslMode};
use crate::error::{Error, ErrorKind, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::path::Path;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The connector for an address; `None` when it asks for plain text.
///
/// # Errors
/// [`ErrorKind::Configuration`] for certificate files that cannot be read.
pub(crate) fn connector(address: &Address) -> Result<Option<MakeRustlsConnect>> {
    if address.ssl == SslMode::Disable {
        return Ok(None);
    }
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("the TLS provider", &error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(address, provider)?);
    let config = match &address.client_cert {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let chain = certificates(cert)?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| unusable(&key.display().to_string(), &error))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable(&cert.display().to_string(), &error))?
        }
    };
    Ok(Some(MakeRustlsConnect::new(config)))
}

fn unusable(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!("TLS cannot use {what}: {error}"),
    )
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let name = path.display().to_string();
    let found: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(&name, &error))?;
    if found.is_empty() {
        Err(unusable(&name, &"it holds no certificate"))
    } else {
        Ok(found)
    }
}

fn verifier(
    address: &Address,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>> {
    if address.ssl < SslMode::VerifyCa {
        return Ok(Arc::new(Lenient {
            provider,
            chain: None,
        }));
    }
    let mut roots = RootCertStore::empty();
    match &address.root_cert {
        Some(path) => {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| unusable(&path.display().to_string(), &error))?;
            }
        }
        None => {
            let (_, _) =
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let strict = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| unusable("the trusted certificates (give sslrootcert=FILE)", &error))?;
    if address.ssl == SslMode::VerifyFull {
        return Ok(strict);
    }
    Ok(Arc::new(Lenient {
        provider,
        chain: Some(strict),
    }))
}

/// Proves the handshake's signatures, and the chain where there is one to prove; never the name.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    chain: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            // The name is checked last: whoever fails on it has passed everything else.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
