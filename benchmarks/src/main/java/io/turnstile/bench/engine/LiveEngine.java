package io.turnstile.bench.engine;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.FlinkRest;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The engine of a deployment that runs already and is not ours: it gets load, and nothing else is
 * done to it.
 */
public final class LiveEngine implements Engine {

  /** Its name in results, and the kind of its deployment. */
  public static final String NAME = "live";

  private final KafkaConnection kafka;
  private final Path signingKey;
  private final Optional<URI> flink;

  /**
   * @param kafka with topics that exist
   * @param signingKey private JWK that its tokens are signed with
   * @param flink REST API of its Flink cluster; empty if there is none to ask
   */
  public LiveEngine(KafkaConnection kafka, Path signingKey, Optional<URI> flink) {
    this.kafka = kafka;
    this.signingKey = signingKey;
    this.flink = flink;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String description() {
    return "a deployment that runs already";
  }

  @Override
  public Deployment deploy(EngineSettings settings, Path base, Path keys) {
    return new Live();
  }

  /** Both the place and the engine: there is nothing to start in between. */
  private final class Live implements Deployment, RunningEngine {

    private Optional<FlinkJob> job = Optional.empty();

    @Override
    public KafkaConnection kafka() {
      return kafka;
    }

    @Override
    public Path signingKey() {
      return signingKey;
    }

    @Override
    public String kind() {
      return NAME;
    }

    @Override
    public boolean isOurs() {
      return false;
    }

    /**
     * @throws IOException if Flink runs no job, or several
     */
    @Override
    public RunningEngine start() throws IOException {
      if (flink.isPresent()) {
        FlinkRest rest = new FlinkRest(flink.get());
        List<FlinkRest.Job> running = rest.jobs().stream().filter(j -> !j.isTerminal()).toList();
        if (running.size() != 1) {
          throw new IOException(
              "Flink at %s runs %d jobs; it must be the one to be measured"
                  .formatted(flink.get(), running.size()));
        }
        job = Optional.of(new FlinkJob(rest, running.get(0).id()));
      }
      return this;
    }

    @Override
    public Testbed testbed() {
      throw leftAlone();
    }

    @Override
    public Map<String, Long> pids(RunningEngine engine) {
      return Map.of();
    }

    @Override
    public void markFailed() {
      // Its logs are its own.
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
      throw leftAlone();
    }

    private static UnsupportedOperationException leftAlone() {
      return new UnsupportedOperationException("a live deployment is left alone");
    }

    @Override
    public Optional<FlinkJob> flinkJob() {
      return job;
    }

    @Override
    public Map<String, String> settings() {
      Map<String, String> settings = new LinkedHashMap<>();
      settings.put("bootstrap servers", kafka.bootstrapServers());
      settings.put("transactions topic", kafka.topics().transactions());
      flink.ifPresent(uri -> settings.put("flink", uri.toString()));
      return settings;
    }

    @Override
    public void close() {
      // It was there before.
    }
  }
}
