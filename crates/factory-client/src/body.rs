use reqwest::Response;

/// A response body of which at most so many bytes were read.
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// There was more than the limit.
    pub(crate) cut: bool,
}

impl Body {
    pub(crate) fn empty() -> Self {
        Self { bytes: Vec::new(), cut: false }
    }
}

/// Reads a body without ever holding more than `limit` bytes and one chunk.
pub(crate) async fn read_bounded(mut response: Response, limit: usize) -> Result<Body, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = limit - bytes.len();
        if chunk.len() > room {
            bytes.extend_from_slice(&chunk[..room]);
            return Ok(Body { bytes, cut: true });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Body { bytes, cut: false })
}
