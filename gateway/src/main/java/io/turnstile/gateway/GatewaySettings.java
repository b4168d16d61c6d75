package io.turnstile.gateway;

import io.soabase.recordbuilder.core.RecordBuilder;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.TopicNames;
import io.turnstile.gateway.http.HttpSettings;
import io.turnstile.gateway.webhook.WebhookSettings;

/**
 * Settings of a gateway.
 *
 * @param http of its server
 * @param topics of the deployment
 * @param tokens as the job's, to know whose request it is
 * @param carried fields of a transaction that are passed on beside the contract's
 * @param maxBodyBytes of a transaction
 * @param customerRate requests of one customer in a second, in the long run
 * @param customerBurst requests of one customer at once
 * @param customerInFlight requests of one customer that wait at a time
 * @param unprovenRate requests in a second of all whose token proves no customer
 * @param webhooks without secrets there are none
 */
@RecordBuilder
@RecordBuilder.Options(enableWither = false, enableGetters = false)
public record GatewaySettings(
    HttpSettings http,
    TopicNames topics,
    TokenSettings tokens,
    CarriedFields carried,
    int maxBodyBytes,
    int customerRate,
    int customerBurst,
    int customerInFlight,
    int unprovenRate,
    WebhookSettings webhooks) {}
