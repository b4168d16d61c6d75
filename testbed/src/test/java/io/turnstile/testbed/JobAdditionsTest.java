package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.events.CarriedFields;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobAdditionsTest {

  @Test
  void theyAreThoseOfTheJobsArguments() {
    JobAdditions additions =
        JobAdditions.of(
            List.of(
                "--product-wait",
                "2s",
                "--reference=tariff:keyed-by=product;risk:keyed-by=customer,topic=scores,wait=1s",
                "--carry-fields",
                "channel,basket"));
    assertThat(additions.references())
        .containsExactly(
            new ReferenceSpec("tariff", KeyedBy.PRODUCT, "references.tariff", null, false),
            new ReferenceSpec("risk", KeyedBy.CUSTOMER, "scores", Duration.ofSeconds(1), false));
    assertThat(additions.topics()).containsExactly("references.tariff", "scores");
    assertThat(additions.carried().names()).containsExactly("basket", "channel");
  }

  @Test
  void anotherCommandUnderstandsThemAsOptions() {
    List<String> options = List.of("--reference", "tariff:keyed-by=product,topic=t,required=true");
    assertThat(JobAdditions.of(options).arguments()).isEqualTo(options);
    assertThat(
            JobAdditions.of(List.of("--reference=risk:keyed-by=customer", "--carry-fields=a,b"))
                .arguments())
        .containsExactly(
            "--reference", "risk:keyed-by=customer,topic=references.risk", "--carry-fields", "a,b");
  }

  @Test
  void jobWithoutThemAddsNothing() {
    JobAdditions additions = JobAdditions.of(List.of("--lanes", "2"));
    assertThat(additions.references()).isEmpty();
    assertThat(additions.carried()).isSameAs(CarriedFields.NONE);
  }

  @Test
  void whatTheJobWillRefuseAddsNothing() {
    assertThat(JobAdditions.of(List.of("--reference", "wrong"))).isEqualTo(JobAdditions.NONE);
    assertThat(JobAdditions.of(List.of("--carry-fields", "amount"))).isEqualTo(JobAdditions.NONE);
  }
}
