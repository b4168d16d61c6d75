package io.turnstile.job.commit.checkpoint;

import io.turnstile.job.decide.Verdict;
import io.turnstile.job.failure.PermanentFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.kafka.common.errors.ProducerFencedException;

/**
 * A {@link KafkaSink} whose failed commits fail the task. The sink itself only logs and counts
 * those that it has an explanation for, and continues without the verdicts in them.
 */
final class FailFastKafkaSink
    implements Sink<Verdict>,
        SupportsWriterState<Verdict, KafkaWriterState>,
        SupportsCommitter<KafkaCommittable>,
        SupportsPostCommitTopology<KafkaCommittable> {

  private final KafkaSink<Verdict> sink;

  FailFastKafkaSink(KafkaSink<Verdict> sink) {
    this.sink = sink;
  }

  @Override
  public StatefulSinkWriter<Verdict, KafkaWriterState> createWriter(WriterInitContext context)
      throws IOException {
    return sink.createWriter(context);
  }

  @Override
  public StatefulSinkWriter<Verdict, KafkaWriterState> restoreWriter(
      WriterInitContext context, Collection<KafkaWriterState> state) {
    return sink.restoreWriter(context, state);
  }

  @Override
  public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
    return sink.getWriterStateSerializer();
  }

  @Override
  public SimpleVersionedSerializer<KafkaCommittable> getCommittableSerializer() {
    return sink.getCommittableSerializer();
  }

  @Override
  public void addPostCommitTopology(DataStream<CommittableMessage<KafkaCommittable>> committed) {
    sink.addPostCommitTopology(committed);
  }

  @Override
  public Committer<KafkaCommittable> createCommitter(CommitterInitContext context) {
    return new FailFastCommitter(sink.createCommitter(context));
  }

  // Flink declares close() so.
  @SuppressWarnings("try")
  private static final class FailFastCommitter implements Committer<KafkaCommittable> {

    private final Committer<KafkaCommittable> committer;

    FailFastCommitter(Committer<KafkaCommittable> committer) {
      this.committer = committer;
    }

    @Override
    public void commit(Collection<CommitRequest<KafkaCommittable>> requests)
        throws IOException, InterruptedException {
      List<Throwable> losses = new ArrayList<>();
      List<CommitRequest<KafkaCommittable>> watched = new ArrayList<>(requests.size());
      for (CommitRequest<KafkaCommittable> request : requests) {
        watched.add(new WatchedRequest(request, losses));
      }
      committer.commit(watched);
      if (!losses.isEmpty()) {
        // The checkpoint is complete, its inputs will not come again: no restart cures this.
        throw PermanentFailure.of(
            "a transaction with verdicts can no longer be committed ("
                + losses.get(0).getMessage()
                + "): it timed out, or another job uses the same verdict topics; its verdicts"
                + " are missing, the audit names their inputs");
      }
    }

    @Override
    public void close() throws Exception {
      committer.close();
    }
  }

  private record WatchedRequest(
      Committer.CommitRequest<KafkaCommittable> request, List<Throwable> losses)
      implements Committer.CommitRequest<KafkaCommittable> {

    @Override
    public KafkaCommittable getCommittable() {
      return request.getCommittable();
    }

    @Override
    public int getNumberOfRetries() {
      return request.getNumberOfRetries();
    }

    /**
     * A transaction that a checkpoint brought back may have been committed before the crash. Its id
     * is used again only after that, so being fenced then proves the commit. A time-out, the other
     * way to be fenced, is ruled out by what {@code JobConfig} allows: the intervals and time-outs
     * of checkpoints and the age that one may have add up to less than the transaction's time-out.
     */
    @Override
    public void signalFailedWithKnownReason(Throwable reason) {
      boolean restored = request.getCommittable().getProducer().isEmpty();
      if (restored && reason instanceof ProducerFencedException) {
        request.signalAlreadyCommitted();
      } else {
        losses.add(reason);
      }
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable reason) {
      request.signalFailedWithUnknownReason(reason);
    }

    @Override
    public void retryLater() {
      request.retryLater();
    }

    @Override
    public void updateAndRetryLater(KafkaCommittable committable) {
      request.updateAndRetryLater(committable);
    }

    @Override
    public void signalAlreadyCommitted() {
      request.signalAlreadyCommitted();
    }
  }
}
