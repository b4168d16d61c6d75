package io.turnstile.audit;

/**
 * The proof: reads inputs and verdicts as a {@code read_committed} reader sees them, and checks the
 * promise by source position. It uses no code of the job.
 *
 * <p>It does share the module {@code events} with the job. {@link
 * io.turnstile.events.TransactionCodec} tells both which inputs are well-formed and what they say,
 * {@link io.turnstile.events.ContentHash} is computed by both, {@link
 * io.turnstile.events.VerdictHeaders} writes and reads the positions. <em>A bug there is invisible
 * to the audit</em>: job and audit would be wrong in the same way. Only the tests of {@code events}
 * protect against that. Verdicts are parsed by code of the audit's own.
 *
 * <p>It sees no tokens being checked and does not read the reference topics: that a reason for a
 * rejection is the right one, and that an input was rejected at all, only a ledger can contradict.
 * Of the product and the customer in an accepted verdict it checks the ids.
 *
 * <p>Steps, so that topics of any size fit:
 *
 * <ol>
 *   <li>The ends of the source partitions are fixed; verdicts about later inputs are ignored.
 *   <li>All verdicts are read, and noted in one byte for each input and one sum for each 1024.
 *   <li>All inputs are read and compared with that. If some have no verdict yet, further verdicts
 *       are read until all have or the wait is over, and the inputs once more.
 *   <li>Where duplicates name the acceptances that they repeat, the accepted verdicts of their
 *       lanes are read once more, to see that each was named rightly.
 *   <li>Only if something is wrong, the inputs and verdicts in question are read again, to say what
 *       and where.
 * </ol>
 *
 * <p>An input without verdict at the end of the wait is
 *
 * <ul>
 *   <li><em>expired</em>, if its verdict may have been deleted: a partition where it can have been
 *       no longer starts at offset 0, and its first record left is not older than the input;
 *   <li><em>in flight</em>, if further verdicts came after those of step 2, and in step 2 no input
 *       behind it in its partition had one: the job is at work and had not come to it yet;
 *   <li><em>missing</em>, in every other case. So the wait must be longer than the job holds an
 *       input back, and than it pauses when it recovers from a failure.
 * </ul>
 *
 * <p>A {@code DUPLICATE_ID} that names an acceptance must name one of the same customer and id, as
 * its verdict says it, received within the dedup window. Where verdicts are numbered by {@code
 * lane-seq}, it must also be the least of those with this content that were decided before. That
 * the content is that of the duplicate is not checked.
 *
 * <p>Memory: 1 byte an input, 24 bytes a customer, 24 bytes for each acceptance that is named, at
 * most 24 bytes for each acceptance within one dedup window and ten minutes (or the actual disorder
 * of a lane, if that is more), and a compressed bitmap of sequence numbers a lane. A ledger takes a
 * few bytes an entry. Nothing grows with the size of records.
 *
 * <p>With {@link AuditConfig#since}, inputs appended before that do not count, also not as first
 * acceptances.
 */
public final class Audit {

  private final AuditConfig config;

  public Audit(AuditConfig config) {
    this.config = config;
  }

  /**
   * Audits once. Blocks until it is done.
   *
   * @throws AuditException if the topics or the ledger cannot be read
   */
  public AuditReport run() {
    Ledger ledger = config.ledger() == null ? null : Ledger.read(config.ledger());
    CommittedLog log = new KafkaLog(config.client());
    if (config.database() != null) {
      log = new RoutedLog(log, new VerdictTableLog(config.database(), config.topics()));
    }
    return new AuditRun(config, log, ledger).run();
  }
}
