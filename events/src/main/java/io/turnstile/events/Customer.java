package io.turnstile.events;

/**
 * One record of the customers topic: a version of a customer.
 *
 * @param customerId 1 to 256 bytes of UTF-8; the record's Kafka key
 * @param name up to 4096 bytes of UTF-8, may be empty
 * @param segment up to 4096 bytes of UTF-8, may be empty
 * @param country up to 4096 bytes of UTF-8, may be empty
 * @param version the higher version wins, whatever the order of arrival
 * @param updatedAt epoch milliseconds
 */
public record Customer(
    String customerId, String name, String segment, String country, long version, long updatedAt) {}
