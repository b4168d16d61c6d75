/**
 * Third room: the product is joined, or waited for. The transaction leaves as {@link
 * io.turnstile.job.validate.DecisionInput}.
 */
package io.turnstile.job.enrich;
