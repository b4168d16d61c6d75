package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.events.Decoded;
import io.turnstile.events.ReferenceDocumentCodec;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.DocumentUpdate;
import io.turnstile.simulator.SimulatedEvent.Pause;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReferenceExportTest {

  private static final Pause PAUSE = new Pause(Duration.ofMillis(10));

  @Test
  void allRecordsComePageByPage() {
    assertThat(events(ReferenceExport.Topic.CUSTOMERS, 5, 2, 8))
        .containsExactly(
            customer(0), customer(1), PAUSE, customer(2), customer(3), PAUSE, customer(4), PAUSE);
  }

  @Test
  void incrementsFollowForEverWithRisingVersions() {
    List<SimulatedEvent> events = events(ReferenceExport.Topic.INVENTORY, 3, 10, 1_000);

    Map<String, Long> versions = new HashMap<>();
    for (SimulatedEvent event : events) {
      if (event instanceof ProductUpdate update) {
        Long before = versions.put(update.productId(), update.product().version());
        assertThat(update.timing()).isEqualTo(before == null ? Timing.FIRST : Timing.PACED);
        assertThat(before == null || before < update.product().version()).isTrue();
      }
    }
    assertThat(versions).containsOnlyKeys("product-0", "product-1", "product-2");
  }

  @Test
  void sameSeedGivesTheSameEvents() {
    assertThat(events(ReferenceExport.Topic.INVENTORY, 100, 10, 500))
        .isEqualTo(events(ReferenceExport.Topic.INVENTORY, 100, 10, 500));
  }

  @Test
  void recordsOfANamedReferenceAreThoseThatTheJobReads() {
    ReferenceSpec reference = new ReferenceSpec("risk", KeyedBy.CUSTOMER, "scores", null, true);
    ReferenceExport export =
        new ReferenceExport(
            ReferenceExport.Records.of(reference), 3, 10, Duration.ofMillis(10), 500, 1);
    for (int i = 0; i < 20; i++) {
      if (export.next() instanceof DocumentUpdate update) {
        var record = update.toRecord(TopicNames.DEFAULT);
        assertThat(record.topic()).isEqualTo("scores");
        assertThat(ReferenceDocumentCodec.OF_CUSTOMER.decode(record.value()))
            .isEqualTo(new Decoded.Valid<>(update.document()));
        assertThat(record.key()).isEqualTo(update.document().id()).startsWith("customer-");
      }
    }
  }

  @Test
  void emptyExportIsRefused() {
    assertThatThrownBy(
            () -> new ReferenceExport(ReferenceExport.Topic.INVENTORY, 0, 10, Duration.ZERO, 1, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static CustomerUpdate customer(int number) {
    return new CustomerUpdate(Kind.ORDINARY, Catalog.customer(number, 500, 500), Timing.FIRST);
  }

  private static List<SimulatedEvent> events(
      ReferenceExport.Topic topic, int records, int pageSize, int count) {
    ReferenceExport export = new ReferenceExport(topic, records, pageSize, PAUSE.length(), 500, 1);
    List<SimulatedEvent> events = new ArrayList<>();
    while (events.size() < count) {
      events.add(export.next());
    }
    return events;
  }
}
