package io.turnstile.bench.run;

import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.clients.FlinkRest;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A deployment that runs already and is not ours: it gets load, and nothing else is done to it.
 *
 * @param bootstrapServers of its Kafka
 * @param clientProperties further ones of all Kafka clients
 * @param topics existing
 * @param signingKey private JWK that its tokens are signed with
 * @param flink REST API of its Flink cluster; null if there is none to ask
 */
public record LiveDeployment(
    String bootstrapServers,
    Map<String, String> clientProperties,
    TopicNames topics,
    Path signingKey,
    URI flink) {

  /** As it is named in results in place of an engine. */
  public static final String NAME = "live";

  /**
   * The engine that runs there.
   *
   * @throws IOException if Flink runs no job, or several
   */
  RunningEngine engine() throws IOException {
    if (flink == null) {
      return new LiveEngine(Optional.empty());
    }
    FlinkRest rest = new FlinkRest(flink);
    List<FlinkRest.Job> running = rest.jobs().stream().filter(job -> !job.isTerminal()).toList();
    if (running.size() != 1) {
      throw new IOException(
          "Flink at %s runs %d jobs; it must be the one to be measured"
              .formatted(flink, running.size()));
    }
    return new LiveEngine(Optional.of(new FlinkJob(rest, running.get(0).id())));
  }

  private final class LiveEngine implements RunningEngine {

    private final Optional<FlinkJob> job;

    LiveEngine(Optional<FlinkJob> job) {
      this.job = job;
    }

    @Override
    public List<TestbedProcess> workers() {
      return List.of();
    }

    @Override
    public List<TestbedProcess> processes() {
      return List.of();
    }

    @Override
    public void replaceWorker() {
      throw new UnsupportedOperationException("a live deployment is left alone");
    }

    @Override
    public Optional<FlinkJob> flinkJob() {
      return job;
    }

    @Override
    public Map<String, String> settings() {
      Map<String, String> settings = new LinkedHashMap<>();
      settings.put("bootstrap servers", bootstrapServers);
      settings.put("transactions topic", topics.transactions());
      job.ifPresent(found -> settings.put("flink", found.flink().uri().toString()));
      return settings;
    }

    @Override
    public void close() {
      // It was there before.
    }
  }
}
