// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain
import Pipelines

/// What may stand in a stream's `spec`, but for what only `StreamSpecification.check` can say.
enum StreamShape {
    static let spec = DocumentShape.record([
        DocumentField("from", source, "Where records come from; one place. Left out when events go out."),
        DocumentField("to", sink, "Where events of the ledger go; one place. Left out when records come in."),
        DocumentField(
            "records", .choice(StreamSpecification.Records.allCases.map(\.rawValue)), "What records that come in are."),
        DocumentField("endpoint", .name, "Whose predictions and labels come in."),
        DocumentField("service", .name, "The feature service whose rows come in."),
        DocumentField(
            "events", .list(.text(length: 1...100), count: 1...StreamSpecification.mostEvents),
            "The events that go out: verbs such as 'version.registered', all of a noun such as 'rollout.*', or '*'."),
        DocumentField("subject", .text(length: 1...500), "Only events about this resource or beneath it, such as 'model/flights'."),
        DocumentField(
            "mode", .choice(CloudEvent.Mode.allCases.map(\.rawValue)),
            "How events are written: structured, all of it as JSON, or binary, attributes as headers. Structured when left out."),
    ])

    private static let source = DocumentShape.record([
        DocumentField("http", .record([]), "Requests to POST /api/v1/streams/NAME/events."),
        DocumentField("files", files, "Files that come into a watched folder."),
        DocumentField("redis", redis, "A stream of Redis."),
        DocumentField("kafka", kafka, "A topic of Kafka."),
    ])

    private static let sink = DocumentShape.record([
        DocumentField("redis", redis, "A stream of Redis."),
        DocumentField("kafka", kafka, "A topic of Kafka."),
    ])

    private static let files = DocumentShape.record([
        DocumentField(
            "root", .text(length: 1...200), "The name of a folder that the server watches; '\(WatchedFolders.own)' when left out."),
        DocumentField("folder", .text(length: 1...1000), "A folder beneath it."),
        DocumentField("pattern", .text(length: 1...1000), "Which files, such as '*.csv' or 'labels/*.jsonl'.", isRequired: true),
    ])

    private static let server = DocumentShape.text(length: 3...260)
    private static let secret = DocumentField(
        "passwordSecret", .name, "The name of the workspace's secret that holds passwords by server: dhow secret set.")
    private static let user = DocumentField("user", .text(length: 1...200), "Whom to sign in as.")
    private static let tls = DocumentField("tls", .boolean, "Whether the connection is encrypted, with the server's certificate checked.")
    private static let start = DocumentField(
        "start", .choice(StreamPlace.Start.allCases.map(\.rawValue)),
        "Where a stream that has no position yet begins: with the oldest record, or with what comes next. The beginning when left out.")

    private static let redis = DocumentShape.record([
        DocumentField("server", server, "HOST:PORT.", isRequired: true),
        DocumentField("key", .text(length: 1...500), "The stream's key.", isRequired: true),
        DocumentField("database", .integer(0...10_000), "The number of the database; 0 when left out."),
        tls, user, secret, start,
        DocumentField("maximumLength", .integer(1...1_000_000_000), "About how many entries Redis keeps; all of them when left out."),
    ])

    private static let kafka = DocumentShape.record([
        DocumentField(
            "servers", .list(server, count: 1...StreamPlace.mostServers), "Brokers to begin with, each HOST:PORT.", isRequired: true),
        DocumentField("topic", .text(pattern: "[A-Za-z0-9._-]+", length: 1...249), "The topic.", isRequired: true),
        tls, user, secret,
        DocumentField("mechanism", .choice(StreamPlace.mechanisms), "How user and password are given; PLAIN when left out."),
        start,
    ])
}
