package io.turnstile.bench.result;

/**
 * Shares between 0 and 1; null where the scenario has none of it.
 *
 * @param success inputs with the verdict that the ledger allows
 * @param errors inputs with a wrong verdict or none; an intended rejection is no error
 * @param availability seconds with input in which some verdict came within 1 s
 * @param dedup duplicates sent that were rejected as such, and firsts that were accepted
 * @param tokenRefresh transactions rejected for an expired token that passed with a fresh one
 */
public record Shares(
    Double success, Double errors, Double availability, Double dedup, Double tokenRefresh) {}
