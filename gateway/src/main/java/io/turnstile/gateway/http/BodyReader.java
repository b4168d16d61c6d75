package io.turnstile.gateway.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;

/** Reads a request's body, within bounds of size and time. */
final class BodyReader {

  private BodyReader() {}

  /**
   * The whole body, in the future; fails with a {@link ProblemException}.
   *
   * @param maxBytes a longer one is 413, known before it is read if the request says its length
   * @param timeout a slower one is 408
   * @param memory of which it takes its length: to be released by who gets the body. One that finds
   *     no room is 503
   */
  static Future<byte[]> read(
      Vertx vertx, HttpServerRequest request, int maxBytes, Duration timeout, BodyMemory memory) {
    if (announced(request) > maxBytes) {
      return Future.failedFuture(tooLarge(maxBytes));
    }
    Promise<byte[]> body = Promise.promise();
    Buffer received = Buffer.buffer();
    request.handler(
        chunk -> {
          if (received.length() + chunk.length() > maxBytes) {
            body.tryFail(tooLarge(maxBytes));
          } else if (body.future().isComplete()) {
            return; // It has failed: the rest is let in, and forgotten.
          } else if (memory.take(chunk.length())) {
            received.appendBuffer(chunk);
          } else {
            body.tryFail(noRoom());
          }
        });
    request.endHandler(end -> body.tryComplete(received.getBytes()));
    request.exceptionHandler(
        cut ->
            body.tryFail(
                Problem.malformedRequest("The connection ended within the body.").toException()));
    long timer =
        vertx.setTimer(
            timeout.toMillis(),
            late ->
                body.tryFail(
                    Problem.of(
                            408,
                            "REQUEST_TIMEOUT",
                            "The request came too slowly.",
                            "The whole body must come within %d ms.".formatted(timeout.toMillis()))
                        .toException()));
    return body.future()
        .onComplete(done -> vertx.cancelTimer(timer))
        .onFailure(never -> memory.release(received.length()));
  }

  /** The length that the request says; 0 if it says none, which is no promise. */
  private static long announced(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private static ProblemException noRoom() {
    return new ProblemException(
        Problem.of(
                503,
                "OVERLOADED",
                "Too many bodies are on their way.",
                "Nothing was done. Send it again with the same id.")
            .toReply(Router.SOON));
  }

  private static ProblemException tooLarge(int maxBytes) {
    return Problem.of(
            413,
            "BODY_TOO_LARGE",
            "The body is too large.",
            "The body must not be longer than %d bytes.".formatted(maxBytes))
        .toException();
  }
}
