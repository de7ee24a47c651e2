/** The runnable file: {@code java -jar whippet-broker-app.jar serve}. Not API. */
package dev.whippet.broker.cli;
