package io.turnstile.feeds.source.topic;

import io.turnstile.clients.ClientProperties;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.feeds.config.SourceTopic;
import io.turnstile.feeds.source.SourceException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;

/** The Kafka that has the topic. Not thread-safe. */
interface SourceCluster extends AutoCloseable {

  /** Connects a consumer of committed records, which its caller closes. */
  Consumer<byte[], byte[]> consumer() throws SourceException;

  /** The id of the topic, which another one of the same name does not have. */
  String topicId() throws SourceException, InterruptedException;

  @Override
  void close();

  /** The real one. Asks nothing yet. */
  static SourceCluster of(SourceTopic settings) {
    return new Real(settings);
  }

  /** Connects when it is needed. */
  final class Real implements SourceCluster {

    private static final int API_TIMEOUT_MILLIS = 20_000;

    private final SourceTopic settings;
    private Admin admin;

    private Real(SourceTopic settings) {
      this.settings = settings;
    }

    @Override
    public Consumer<byte[], byte[]> consumer() throws SourceException {
      Map<String, Object> config = client();
      config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
      config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, settings.pageSize());
      return CommittedVerdicts.consumer(config);
    }

    private Map<String, Object> client() throws SourceException {
      Map<String, Object> config = new HashMap<>();
      if (settings.clientProperties() != null) {
        try {
          config.putAll(ClientProperties.read(Path.of(settings.clientProperties())));
        } catch (IOException e) {
          throw SourceException.passing("the client properties cannot be read: " + e, e);
        }
      }
      config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
      // An Admin refuses requests that may take longer than the call.
      config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, API_TIMEOUT_MILLIS);
      config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, API_TIMEOUT_MILLIS);
      return config;
    }

    @Override
    public String topicId() throws SourceException, InterruptedException {
      if (admin == null) {
        admin = Admin.create(client());
      }
      try {
        return admin
            .describeTopics(List.of(settings.name()))
            .allTopicNames()
            .get()
            .get(settings.name())
            .topicId()
            .toString();
      } catch (ExecutionException e) {
        throw new KafkaException(e.getCause());
      }
    }

    @Override
    public void close() {
      if (admin != null) {
        admin.close();
        admin = null;
      }
    }
  }
}
