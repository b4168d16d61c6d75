package io.turnstile.simulator.command;

import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import java.util.List;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Adds one option for the share of each kind. */
final class ShareOptions implements IModelTransformer {

  private record Share(Kind kind, String description) {

    String option() {
      return "--" + kind.share().replace('_', '-');
    }
  }

  private static final List<Share> SHARES =
      List.of(
          new Share(Kind.DUPLICATE, "Same id, same content"),
          new Share(Kind.CONFLICT, "Same id, other content"),
          new Share(Kind.CONTENT_DUPLICATE, "Other id, same content"),
          new Share(Kind.EXPIRED, "Token expired"),
          new Share(Kind.NOT_YET_VALID, "Token not valid yet"),
          new Share(Kind.FORGED, "Token signed by another key, or not at all"),
          new Share(Kind.UNKNOWN_KEY, "Token signed by an unpublished key"),
          new Share(Kind.WRONG_SUBJECT, "Token of another customer"),
          new Share(Kind.UNKNOWN_PRODUCT, "Product that never comes"),
          new Share(Kind.LATE_PRODUCT, "Product that comes a second later"),
          new Share(Kind.MALFORMED, "No transaction in JSON"),
          new Share(Kind.TOO_LARGE, "Value over 1 MiB"),
          new Share(Kind.REFERENCE_UPDATE, "New product versions"),
          new Share(Kind.STALE_UPDATE, "Old product versions"),
          new Share(Kind.PRODUCT_DELETE, "Deletions of unsold products"));

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
