package io.turnstile.clients;

import io.turnstile.events.CarriedFields;
import java.util.List;
import picocli.CommandLine.Option;

/** The fields that accepted verdicts repeat, as the job, its audit and the gateway take them. */
public final class CarriedFieldOptions {

  @Option(
      names = "--carry-fields",
      paramLabel = "FIELD,…",
      split = ",",
      description =
          "FIELD,…: fields of a transaction that the contract does not know; an accepted verdict has"
              + " them under extra")
  private List<String> carryFields = List.of();

  /**
   * The carried fields.
   *
   * @throws IllegalArgumentException if the contract knows one of them; in one line
   */
  public CarriedFields carriedFields() {
    try {
      return CarriedFields.of(carryFields);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("--carry-fields: " + e.getMessage(), e);
    }
  }
}
