package io.turnstile.feeds.source.http;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/** A body of so many bytes at most; a longer one is not read to its end. */
final class BoundedBody implements BodySubscriber<byte[]> {

  /** A body is longer. */
  static final class TooLongException extends IOException {
    private TooLongException(int limit) {
      super("the body has more than " + limit + " bytes");
    }
  }

  private final BodySubscriber<byte[]> bytes = BodySubscribers.ofByteArray();
  private final int limit;
  private long received;
  private Flow.Subscription subscription;

  BoundedBody(int limit) {
    this.limit = limit;
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return bytes.getBody();
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    bytes.onSubscribe(given);
  }

  @Override
  public void onNext(List<ByteBuffer> part) {
    for (ByteBuffer each : part) {
      received += each.remaining();
    }
    if (received > limit) {
      subscription.cancel();
      bytes.onError(new TooLongException(limit));
    } else {
      bytes.onNext(part);
    }
  }

  @Override
  public void onError(Throwable failure) {
    bytes.onError(failure);
  }

  @Override
  public void onComplete() {
    bytes.onComplete();
  }
}
