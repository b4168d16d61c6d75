package io.turnstile.events;

/**
 * One record of a named reference topic: a version of what is known of a product or customer.
 *
 * @param id of the product or customer, 1 to 256 bytes of UTF-8; the record's Kafka key
 * @param version the higher version wins, whatever the order of arrival
 * @param json the whole record, up to {@link ReferenceDocumentCodec#MAX_BYTES} of UTF-8: a JSON
 *     object that has the id and the version among its fields
 */
public record ReferenceDocument(String id, long version, String json) {}
