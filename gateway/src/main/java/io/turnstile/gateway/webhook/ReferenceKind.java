package io.turnstile.gateway.webhook;

import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Kind of reference records, with the contract of {@code events}. Immutable. */
public final class ReferenceKind {

  /** Products, for the inventory topic. */
  public static final ReferenceKind PRODUCT =
      new ReferenceKind(value -> ProductCodec.decode(value).map(ReferenceKind::record));

  /** Customers, for the customers topic. */
  public static final ReferenceKind CUSTOMER =
      new ReferenceKind(value -> CustomerCodec.decode(value).map(ReferenceKind::record));

  private final Function<byte[], Decoded<Keyed>> decoder;

  /** Key and value of a record. */
  // Read only.
  @SuppressWarnings("ArrayRecordComponent")
  private record Keyed(String key, byte[] value) {}

  private ReferenceKind(Function<byte[], Decoded<Keyed>> decoder) {
    this.decoder = decoder;
  }

  private static Keyed record(Product product) {
    return new Keyed(product.productId(), ProductCodec.encode(product));
  }

  private static Keyed record(Customer customer) {
    return new Keyed(customer.customerId(), CustomerCodec.encode(customer));
  }

  /** A record for the topic, with the fields of the contract only; or why there is none. */
  Decoded<ProducerRecord<byte[], byte[]>> read(String topic, byte[] value) {
    return decoder
        .apply(value)
        .map(
            keyed ->
                new ProducerRecord<>(
                    topic, keyed.key().getBytes(StandardCharsets.UTF_8), keyed.value()));
  }
}
