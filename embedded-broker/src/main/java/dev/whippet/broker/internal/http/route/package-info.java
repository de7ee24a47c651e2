/** What each path of HTTP asks the commands, and how their replies are written. */
package dev.whippet.broker.internal.http.route;
