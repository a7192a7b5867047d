// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// What MLflow keeps in tags and metadata that is a property of a trace with us.
enum TraceWords {
    static let nameTag = "mlflow.traceName"
    static let locationTag = "mlflow.artifactLocation"
    static let spansTag = "mlflow.trace.spansLocation"
    static let runKey = "mlflow.sourceRun"
    static let sizeKey = "mlflow.trace.sizeStats"
    /// Ours to say.
    static let keptTags: Set = [locationTag, spansTag]

    static func tags(of trace: Trace) -> [Tag] {
        var tags = trace.tags
        if let name = trace.name { tags.append(Tag(nameTag, name)) }
        tags.append(Tag(locationTag, ArtifactURI.text(of: trace.location)))
        // Tells clients that they need not upload the spans as a file.
        if trace.spanCount > 0 { tags.append(Tag(spansTag, "TRACKING_STORE")) }
        return tags
    }

    /// The tags that are no property of ours, and the name among them.
    static func split(_ tags: [Tag]) -> (tags: [Tag], name: String?) {
        (tags.filter { $0.key != nameTag && !keptTags.contains($0.key) }, tags.last { $0.key == nameTag }?.value)
    }

    static func runs(in metadata: [Tag]) -> [String] {
        metadata.filter { $0.key == runKey && !$0.value.isEmpty }.map(\.value)
    }

    /// How many spans the client has said there are.
    static func expectedSpans(of trace: Trace) -> Int64 {
        guard let text = trace.metadata.first(where: { $0.key == sizeKey })?.value else { return 0 }
        var bytes = Array(text.utf8)
        let value = bytes.withUnsafeMutableBufferPointer { try? JSONReader.value(in: UnsafeBufferPointer($0)) }
        return value?["num_spans"]?.integer ?? 0
    }

    /// A filter in which the tag of the name is the name, as in `tags.mlflow.traceName = 'x'`.
    static func filter(_ text: String) -> String {
        text.replacing("tags.`\(nameTag)`", with: "name").replacing("tags.\(nameTag)", with: "name")
            .replacing("tag.`\(nameTag)`", with: "name").replacing("tag.\(nameTag)", with: "name")
    }
}
