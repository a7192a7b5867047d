// SPDX-License-Identifier: Apache-2.0

import OpenTelemetry
import Tracking

/// Sorts spans that arrived together into traces, and reads what MLflow's client writes into attributes of spans.
enum ReceivedTraces {
    private static let typeKey = "mlflow.spanType"
    private static let requestKey = "mlflow.spanInputs"
    private static let responseKey = "mlflow.spanOutputs"
    private static let tagPrefix = "mlflow.traceTag."
    private static let previewCharacters = 1_000

    static func batches(_ received: [ReceivedSpans]) -> [SpanBatch] {
        var batches: [String: SpanBatch] = [:]
        for group in received {
            let tags = resourceTags(group.resource)
            for span in group.spans {
                var span = span
                if case .text(let type)? = span[typeKey] { span.type = type }
                // MLflow's id of a trace is made from OpenTelemetry's, whatever the span itself says.
                let id = "tr-" + span.traceID
                if let place = span.attributes.firstIndex(where: { $0.key == "mlflow.traceRequestId" }) {
                    span.attributes[place].value = .text(id)
                }
                var batch = batches[id] ?? SpanBatch(trace: id, spans: [], tags: tags)
                if span.parent == nil { read(root: span, into: &batch) }
                read(session: span, into: &batch)
                if let cost = span[TraceMetrics.costAttribute] {
                    batch.numbers[span.id] = TraceMetrics.numbers(TraceMetrics.costs, in: cost)
                }
                batch.spans.append(span)
                batches[id] = batch
            }
        }
        return batches.values.sorted { $0.trace < $1.trace }
    }

    private static func read(root span: TraceSpan, into batch: inout SpanBatch) {
        batch.name = span.name.isEmpty ? nil : span.name
        batch.request = span[requestKey].map { String($0.searchText.prefix(previewCharacters)) }
        batch.response = span[responseKey].map { String($0.searchText.prefix(previewCharacters)) }
        for attribute in span.attributes where attribute.key.hasPrefix(tagPrefix) {
            let key = String(attribute.key.dropFirst(tagPrefix.count))
            if key == TraceWords.nameTag {
                batch.name = attribute.value.searchText
            } else if isTag(key) {
                batch.tags = batch.tags.filter { $0.key != key } + [Tag(key, attribute.value.searchText)]
            }
        }
    }

    private static func read(session span: TraceSpan, into batch: inout SpanBatch) {
        for (attribute, key) in [("session.id", "mlflow.trace.session"), ("user.id", "mlflow.trace.user")] {
            guard let value = span[attribute], !batch.metadata.contains(where: { $0.key == key }) else { continue }
            batch.metadata.append(Tag(key, value.searchText))
        }
    }

    /// What sent the spans, but for what says only which library did.
    private static func resourceTags(_ resource: [SpanAttribute]) -> [Tag] {
        resource.filter { isTag($0.key) && !$0.key.hasPrefix("telemetry.sdk.") && !$0.key.hasPrefix("mlflow.") }
            .map { Tag($0.key, $0.value.searchText) }
    }

    private static func isTag(_ key: String) -> Bool {
        !key.isEmpty && key.utf8.count <= TrackingKey.maximumLength && !TraceWords.keptTags.contains(key)
    }
}
