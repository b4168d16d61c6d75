package io.turnstile.feeds.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.mapping.RecordMapper;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A feed's records in its topic and its state in the topic of states, written by one transactional
 * producer whose id is the feed's: opening one ends all that were opened before.
 */
public final class KafkaPublication implements Publication {

  /** Header of every record that a feed writes: its name. */
  public static final String FEED_HEADER = "feed";

  /** Header of a record that deletes another: the version up to which it does, in digits. */
  private static final String VERSION_HEADER = "version";

  /** Bounds how long readers of the topics wait behind a runner that was killed. */
  private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(30);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  private static final int RETRY_MILLIS = 5;

  private final Feed feed;
  private final String topic;
  private final StateTopic states;
  private final Leadership leadership;
  private final Producer<byte[], byte[]> producer;
  private final PublishedRecords records = new PublishedRecords();
  private SyncRequest request;
  private FeedState state;

  private KafkaPublication(
      Feed feed,
      String topic,
      StateTopic states,
      Leadership leadership,
      Producer<byte[], byte[]> producer) {
    this.feed = feed;
    this.topic = topic;
    this.states = states;
    this.leadership = leadership;
    this.producer = producer;
  }

  /**
   * Takes a feed over, and reads what it has published.
   *
   * @param client Kafka client configuration
   * @param topic that the feed writes
   * @param patience how long reading may not get on
   * @throws org.apache.kafka.common.KafkaException if Kafka refuses
   */
  public static KafkaPublication open(
      Map<String, Object> client,
      Feed feed,
      RecordMapper mapper,
      String topic,
      StateTopic states,
      Leadership leadership,
      Duration patience)
      throws InterruptedException {
    Producer<byte[], byte[]> producer =
        new KafkaProducer<>(
            configuration(client, states.name() + "." + feed.name()),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    KafkaPublication publication = new KafkaPublication(feed, topic, states, leadership, producer);
    try {
      // First: nothing that another runner has begun can be committed after this.
      producer.initTransactions();
      StateTopic.Entry entry = states.entry(feed.name(), FeedState.initial(feed.fingerprint()));
      publication.state = entry.state();
      publication.request = entry.request();
      new CommittedLog(client, patience).read(topic, record -> publication.note(record, mapper));
      return publication;
    } catch (InterruptedException | RuntimeException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
  }

  private static Map<String, Object> configuration(Map<String, Object> client, String id) {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) TRANSACTION_TIMEOUT.toMillis());
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) TRANSACTION_TIMEOUT.toMillis());
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) TRANSACTION_TIMEOUT.toMillis() / 2);
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, RETRY_MILLIS);
    return config;
  }

  /** A record that another has written since is not this feed's any more. */
  private void note(ConsumerRecord<byte[], byte[]> record, RecordMapper mapper) {
    if (record.key() == null) {
      return;
    }
    String key = new String(record.key(), UTF_8);
    Header header = record.headers().lastHeader(FEED_HEADER);
    boolean own = header != null && Arrays.equals(header.value(), feed.name().getBytes(UTF_8));
    Mapped.Put put = own && record.value() != null ? mapper.published(record.value()) : null;
    if (put != null) {
      records.put(put);
    } else if (own && record.value() == null) {
      records.delete(key, version(record));
    } else {
      records.remove(key);
    }
  }

  private static Long version(ConsumerRecord<byte[], byte[]> record) {
    Header header = record.headers().lastHeader(VERSION_HEADER);
    try {
      return header == null ? null : Long.valueOf(new String(header.value(), UTF_8));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  @Override
  public FeedState state() {
    return state;
  }

  @Override
  public PublishedRecords records() {
    return records;
  }

  @Override
  public SyncRequest request() {
    SyncRequest newer = leadership.request();
    return newer.at() > request.at() ? newer : request;
  }

  // The commit fails if a send has failed.
  @SuppressWarnings("FutureReturnValueIgnored")
  @Override
  public void commit(Collection<Mapped> changes, FeedState next) {
    producer.beginTransaction();
    for (Mapped change : changes) {
      producer.send(record(change));
    }
    producer.send(states.record(feed.name(), next));
    producer.commitTransaction();
    changes.forEach(this::note);
    state = next;
  }

  private void note(Mapped change) {
    if (change instanceof Mapped.Put put) {
      records.put(put);
    } else if (change instanceof Mapped.Delete delete) {
      records.delete(delete.key(), delete.version());
    }
  }

  private ProducerRecord<byte[], byte[]> record(Mapped change) {
    ProducerRecord<byte[], byte[]> record;
    if (change instanceof Mapped.Put put) {
      record = new ProducerRecord<>(topic, put.key().getBytes(UTF_8), put.value());
    } else if (change instanceof Mapped.Delete delete) {
      record = new ProducerRecord<>(topic, delete.key().getBytes(UTF_8), null);
      if (delete.version() != null) {
        record.headers().add(VERSION_HEADER, delete.version().toString().getBytes(UTF_8));
      }
    } else {
      throw new IllegalArgumentException("what is malformed cannot be published");
    }
    record.headers().add(FEED_HEADER, feed.name().getBytes(UTF_8));
    return record;
  }

  /** Commits nothing more; what was begun, the brokers or the next owner abort. */
  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }
}
