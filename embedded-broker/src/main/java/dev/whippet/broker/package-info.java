/**
 * The Whippet gateway broker, to embed: {@link dev.whippet.broker.Broker} starts one, {@link
 * dev.whippet.broker.BrokerConfig} says how, {@link dev.whippet.broker.Health} tells how it is.
 * Everything below {@code internal} is not API.
 */
package dev.whippet.broker;
