// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// What people and programs say of traces.
struct AssessmentRoutes: RouteGroup {
    let traces: TraceTracking

    var routes: [Route] {
        let base = "3.0/mlflow/traces/{trace}/assessments"
        let one = base + "/{assessment}"
        return [
            MLflowRoute.routes([.post], base, .trackingWrite) { call in
                guard let fields = try call.fields.object("assessment") else { throw MLflowFields.missing("assessment") }
                let trace = try call.context.parameter("trace")
                return Self.answer(
                    try await traces.assess(trace, try AssessmentFields.assessment(fields, now: call.now), by: call.caller), of: trace)
            },
            MLflowRoute.routes([.get], one, .trackingRead) { call in
                let trace = try call.context.parameter("trace")
                return Self.answer(
                    try await traces.assessment(try call.context.parameter("assessment"), of: trace, by: call.caller), of: trace)
            },
            MLflowRoute.routes([.patch], one, .trackingWrite) { call in
                guard let fields = try call.fields.object("assessment") else { throw MLflowFields.missing("assessment") }
                let edit = try AssessmentFields.edit(fields, mask: try AssessmentFields.mask(in: call.fields))
                let trace = try call.context.parameter("trace")
                return Self.answer(
                    try await traces.edit(try call.context.parameter("assessment"), of: trace, edit, by: call.caller), of: trace)
            },
            MLflowRoute.routes(
                [.delete], one, .trackingWrite,
                MLflowRoute.done { call in
                    try await traces.deleteAssessment(
                        try call.context.parameter("assessment"), of: try call.context.parameter("trace"), by: call.caller)
                }),
        ].flatMap(\.self)
    }

    private static func answer(_ assessment: Assessment, of trace: String) -> JSONWriter {
        JSONWriter.object { $0.member("assessment") { $0.write(assessment, of: trace) } }
    }
}

/// Assessments as MLflow sends them.
enum AssessmentFields {
    static func assessment(_ fields: MLflowFields, now: Timestamp) throws(Problem) -> Assessment {
        guard let (kind, value, failure) = try value(in: fields) else {
            throw Problem(
                .invalid, "mlflow.assessment.unknown", "Unknown assessment type.",
                fix: "Send a `feedback` or an `expectation`; issues are not kept.")
        }
        let source = try fields.object("source")
        let overrides = try fields.text("overrides")
        let created = try time("create_time", fields) ?? now
        var assessment = Assessment(
            kind: kind, name: try fields.required("assessment_name"), value: value,
            source: Assessment.Source(
                type: try source?.text("source_type") ?? "SOURCE_TYPE_UNSPECIFIED", id: try source?.text("source_id") ?? ""),
            span: try fields.text("span_id"), rationale: try fields.text("rationale"), failure: failure,
            metadata: try fields.pairs("metadata"),
            overrides: overrides?.isEmpty == false ? overrides : nil, created: created,
            updated: try time("last_update_time", fields) ?? created)
        assessment.isValid = try fields.bool("valid") ?? true
        return assessment
    }

    static func edit(_ fields: MLflowFields, mask: [String]) throws(Problem) -> AssessmentEdit {
        var edit = AssessmentEdit()
        for path in mask {
            switch path {
            case "assessment_name": edit.name = try fields.required("assessment_name")
            case "feedback", "expectation":
                guard let (kind, value, failure) = try value(in: fields), kind.rawValue == path else { throw MLflowFields.missing(path) }
                (edit.kind, edit.value, edit.failure) = (kind, value, failure)
            case "rationale": edit.rationale = try fields.text("rationale") ?? ""
            case "metadata": edit.metadata = try fields.pairs("metadata")
            case "valid": edit.isValid = try fields.bool("valid")
            default: throw MLflowFields.invalid("update_mask", .string(path))
            }
        }
        return edit
    }

    /// A text of paths in lower camel case, separated by commas, or an object with a list of them.
    static func mask(in fields: MLflowFields) throws(Problem) -> [String] {
        if case .object? = fields["update_mask"] { return try fields.object("update_mask")?.texts("paths") ?? [] }
        return try fields.required("update_mask").split(separator: ",").map { path in
            path.reduce(into: "") { name, letter in name += letter.isUppercase ? "_" + letter.lowercased() : String(letter) }
        }
    }

    private static func value(in fields: MLflowFields) throws(Problem) -> (Assessment.Kind, JSONValue, Assessment.Failure?)? {
        if let feedback = try fields.object("feedback") {
            let error = try feedback.object("error")
            let failure = try error.map { error throws(Problem) in
                Assessment.Failure(
                    code: try error.text("error_code"), message: try error.text("error_message"), stack: try error.text("stack_trace"))
            }
            return (.feedback, feedback["value"]?.value ?? .null, failure)
        }
        guard let expectation = try fields.object("expectation") else { return nil }
        guard let serialized = try expectation.object("serialized_value") else {
            return (.expectation, expectation["value"]?.value ?? .null, nil)
        }
        let text = try serialized.required("value")
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else {
            throw MLflowFields.invalid("serialized_value", .string(text))
        }
        return (.expectation, value, nil)
    }

    private static func time(_ name: String, _ fields: MLflowFields) throws(Problem) -> Timestamp? {
        guard let text = try fields.text(name) else { return nil }
        guard let time = ProtoTime.time(text) else { throw MLflowFields.invalid(name, .string(text)) }
        return time
    }
}
