//! One client.

use crate::{
    Limits,
    body::{AnswerBody, RequestBody},
    guests::Guest,
    progress::{Phase, Progress},
    socket::Socket,
    stopwatch::Stopwatch,
};
use axum::{
    Router,
    body::{Body, HttpBody},
    extract::ConnectInfo,
    http::{HeaderValue, Response, header},
};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// Serves one client until it leaves or has had its time, or, once it is to `finish`, until the answer under way
/// is out. A guest whose place is needed has no time any more to ask.
pub(crate) async fn serve(
    (stream, peer): (TcpStream, SocketAddr),
    app: Router,
    limits: &Limits,
    Guest { progress, leave, .. }: Guest,
    finish: &CancellationToken,
) {
    prepare(&stream, limits);
    let answer = service_fn(|request| answer(app.clone(), request, peer, Arc::clone(&progress)));
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes)
        .serve_connection(TokioIo::new(Socket::new(stream, Arc::clone(&progress))), answer);
    let mut connection = pin!(connection);
    let mut stopwatch = Stopwatch::new(&progress, limits);
    tokio::select! {
        biased;
        () = until_it_ends(connection.as_mut(), &mut stopwatch) => return,
        () = leave.cancelled() => {
            let asks = matches!(progress.phase(), Phase::Opened | Phase::Head | Phase::Body);
            if asks && !finish.is_cancelled() {
                return;
            }
            connection.as_mut().graceful_shutdown();
        }
    }
    until_it_ends(connection, &mut stopwatch).await;
}

fn prepare(stream: &TcpStream, limits: &Limits) {
    // Without it an answer in two writes waits for the other side's delayed acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was not set");
    }
    // The kernel takes what it can hold, so only it knows whether the client takes that in turn.
    #[cfg(target_os = "linux")]
    {
        let milliseconds = u32::try_from(limits.stall_timeout.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds) {
            tracing::debug!(%error, "TCP_USER_TIMEOUT was not set");
        }
    }
}

async fn answer(
    mut app: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    progress: Arc<Progress>,
) -> Result<Response<AnswerBody>, Infallible> {
    let with_body = !request.body().is_end_stream();
    progress.asked(with_body);
    let mut request = request.map(|body| match with_body {
        true => Body::new(RequestBody::new(body, Arc::clone(&progress))),
        false => Body::empty(),
    });
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = app.call(request).await?;
    if progress.was_body_late() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| AnswerBody::new(body, progress)))
}

async fn until_it_ends<C>(mut connection: Pin<&mut C>, stopwatch: &mut Stopwatch<'_>)
where
    C: Future<Output = hyper::Result<()>>,
{
    poll_fn(|cx| {
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            return Poll::Ready(());
        }
        stopwatch.poll_expired(cx)
    })
    .await;
}
