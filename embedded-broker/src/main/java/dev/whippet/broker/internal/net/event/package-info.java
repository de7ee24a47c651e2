/** What happens to connections: counts for metrics, events for the handlers of one. */
package dev.whippet.broker.internal.net.event;
