package io.turnstile.simulator.command;

import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import java.util.List;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Adds one option for the share of each kind. */
final class ShareOptions implements IModelTransformer {

  private record Share(String option, Kind kind, String description) {}

  private static final List<Share> SHARES =
      List.of(
          new Share("--duplicates", Kind.DUPLICATE, "Same id, same content"),
          new Share("--conflicts", Kind.CONFLICT, "Same id, other content"),
          new Share("--content-duplicates", Kind.CONTENT_DUPLICATE, "Other id, same content"),
          new Share("--expired", Kind.EXPIRED, "Token expired"),
          new Share("--not-yet-valid", Kind.NOT_YET_VALID, "Token not valid yet"),
          new Share("--forged", Kind.FORGED, "Token signed by another key, or not at all"),
          new Share("--wrong-subject", Kind.WRONG_SUBJECT, "Token of another customer"),
          new Share("--unknown-product", Kind.UNKNOWN_PRODUCT, "Product that never comes"),
          new Share("--late-product", Kind.LATE_PRODUCT, "Product that comes a second later"),
          new Share("--malformed", Kind.MALFORMED, "No transaction in JSON"),
          new Share("--too-large", Kind.TOO_LARGE, "Value over 1 MiB"),
          new Share("--inventory-updates", Kind.REFERENCE_UPDATE, "New product versions"),
          new Share("--stale-inventory", Kind.STALE_UPDATE, "Old product versions"),
          new Share("--deleted-inventory", Kind.PRODUCT_DELETE, "Deletions of unsold products"));

  @Override
  public CommandSpec transform(CommandSpec spec) {
    GeneratorOptions defaults = new GeneratorOptions().mixed();
    for (Share share : SHARES) {
      spec.addOption(
          OptionSpec.builder(share.option())
              .type(Double.class)
              .paramLabel("SHARE")
              .description(share.description() + " (default: ${DEFAULT-VALUE}).")
              .defaultValue(Double.toString(defaults.share(share.kind())))
              .build());
    }
    return spec;
  }

  /**
   * Sets the shares given on the command line, and the defaults of those not given.
   *
   * @throws IllegalArgumentException if one is not from 0 to 1
   */
  static void set(CommandSpec spec, GeneratorOptions options) {
    for (Share share : SHARES) {
      OptionSpec option = spec.findOption(share.option());
      options.share(share.kind(), option.<Double>getValue());
    }
  }
}
