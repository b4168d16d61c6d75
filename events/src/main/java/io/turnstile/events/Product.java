package io.turnstile.events;

/**
 * One record of the inventory topic: a version of a product.
 *
 * @param productId 1 to 256 bytes of UTF-8; the record's Kafka key
 * @param name up to 4096 bytes of UTF-8, may be empty
 * @param category up to 4096 bytes of UTF-8, may be empty
 * @param unitPrice in minor units of {@code currency}
 * @param currency ISO 4217 code, three capital letters
 * @param stock pieces in stock
 * @param version the higher version wins, whatever the order of arrival
 * @param updatedAt epoch milliseconds
 */
public record Product(
    String productId,
    String name,
    String category,
    long unitPrice,
    String currency,
    long stock,
    long version,
    long updatedAt) {}
