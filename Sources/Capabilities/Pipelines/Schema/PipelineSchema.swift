// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The JSON Schema of `kind: Pipeline`, for editors: what fields there are, what they mean, and which values they take.
///
/// A schema looks at one place at a time. What it cannot say, `PipelineParser` says: references to steps, outputs and parameters that are
/// not there, types of what is bound, cycles, names that are too alike, two steps of one name, a default that is none of the choices,
/// expressions, zero or too long times, a longest pause below the first, a variable that is a secret too, steps after a failure that need
/// nothing; and anchors, nesting and the length of the document.
package enum PipelineSchema {
    package static let document: JSONValue = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pipeline",
        "description": "Versioned steps and what they need of each other.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
        "properties": [
            "apiVersion": ["const": .string(PipelineSpecification.apiVersion)],
            "kind": ["const": "Pipeline"],
            "metadata": SchemaPart.fields(["name": SchemaPart.reference("name", "What it is called.")], required: ["name"]),
            "spec": specification,
        ],
        "$defs": .object(definitions.merging(StepSchema.definitions) { first, _ in first }),
    ]

    private static let specification = SchemaPart.fields(
        [
            "parameters": SchemaPart.list(
                of: SchemaPart.reference("parameter"), 0...PipelineSpecification.maximumParameters,
                "Values that an execution is started with."),
            "steps": SchemaPart.list(of: SchemaPart.reference("step"), 1...PipelineSpecification.maximumSteps, "What is done."),
            "timeout": SchemaPart.reference("duration", "Limit of an execution, waiting for people left out."),
            "timeoutSeconds": SchemaPart.integer(1...StepSpecification.maximumTimeoutSeconds, "The same in seconds."),
            "concurrency": SchemaPart.fields(
                [
                    "policy": SchemaPart.choice(
                        ConcurrencyRule.Policy.self,
                        "queue: a new execution waits; refuse: it is refused; replace: the oldest is cancelled."),
                    "limit": SchemaPart.integer(1...ConcurrencyRule.maximumLimit, "Executions at a time; 1 when left out."),
                ], required: ["policy"], "What happens when one is started while others go on."),
            "outputs": SchemaPart.mapping(
                of: SchemaPart.reference("reference"), names: SchemaPart.reference("name"), "What those get that call this pipeline."),
        ], required: ["steps"])

    private static let definitions: [String: JSONValue] = [
        "name": SchemaPart.text(pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"),
        "duration": SchemaPart.either(
            SchemaPart.integer(1...StepSpecification.maximumTimeoutSeconds),
            SchemaPart.text(pattern: "^(?=[0-9])([0-9]{1,15}d)?([0-9]{1,15}h)?([0-9]{1,15}m)?([0-9]{1,15}s)?$"),
            description: "A time such as 90s, 10m or 2h30m, or whole seconds."),
        "pause": SchemaPart.either(
            SchemaPart.integer(0...86_400),
            SchemaPart.text(pattern: "^(?=[0-9])([0-9]{1,15}d)?([0-9]{1,15}h)?([0-9]{1,15}m)?([0-9]{1,15}s)?([0-9]{1,15}ms)?$"),
            description: "A time such as 500ms, 5s or 1m."),
        "size": SchemaPart.text(pattern: "^[0-9]{1,15}(kB|MB|GB|TB|KiB|MiB|GiB|TiB)$", "A size such as 512MiB, 4GiB or 10GB."),
        "scalar": ["type": ["string", "number", "boolean", "null"]],
        "path": SchemaPart.text(pattern: path, longest: 1024),
        "workingPath": SchemaPart.text(pattern: "^(?!inputs(/|$))" + path.dropFirst(), longest: 1024),
        "parameter": parameter,
        "parameterReference": SchemaPart.fields(
            ["parameter": SchemaPart.text("Name of a parameter.")], required: ["parameter"], "A value of the execution."),
        "outputReference": SchemaPart.fields(
            ["step": SchemaPart.text("Name of a step."), "output": SchemaPart.text("Name of one of its outputs.")],
            required: ["step", "output"], "What a step left."),
        "valueReference": SchemaPart.fields(["value": true], required: ["value"], "The value itself."),
        "itemReference": SchemaPart.fields(["item": ["const": true]], required: ["item"], "In a step with 'forEach', the element."),
        "aliasReference": SchemaPart.fields(
            ["model": SchemaPart.text("Name of a registered model."), "alias": SchemaPart.text("Such as champion.")],
            required: ["model", "alias"], "The files of the version that an alias names when the step runs; nothing when there is none."),
        "snapshotReference": SchemaPart.fields(
            ["snapshot": SchemaPart.either(SchemaPart.text(), SchemaPart.reference("parameterReference"))], required: ["snapshot"],
            "The files of a snapshot; nothing when the name is empty."),
        "reference": SchemaPart.either(
            SchemaPart.reference("parameterReference"), SchemaPart.reference("snapshotReference"), SchemaPart.reference("aliasReference"),
            SchemaPart.reference("outputReference"), SchemaPart.reference("valueReference"), SchemaPart.reference("itemReference"),
            description: "Where a value or file comes from."),
    ]

    /// Segments that are neither empty nor '.' nor '..'.
    private static let path = #"^(?!\.{1,2}(/|$))[^/\\\x00-\x1f\x7f]+(/(?!\.{1,2}(/|$))[^/\\\x00-\x1f\x7f]+)*$"#

    private static let parameter: JSONValue = {
        let types: [(ParameterSpecification.ValueType, JSONValue)] = [
            (.string, ["type": "string"]), (.integer, ["type": "integer"]), (.number, ["type": "number"]), (.boolean, ["type": "boolean"]),
            (.snapshot, ["type": "string"]), (.list, ["type": "array"]), (.mapping, ["type": "object"]),
        ]
        var schema = SchemaPart.fields(
            [
                "name": SchemaPart.reference("name", "What it is called."),
                "type": SchemaPart.choice(ParameterSpecification.ValueType.self, "string when left out."),
                "default": ["description": "The value when none is given; without it one must be."],
                "choices": SchemaPart.list(of: true, 1...ParameterParser.maximumChoices, "The only values allowed."),
                "description": SchemaPart.text(longest: ParameterParser.maximumDescription, "For people."),
            ], required: ["name"])
        guard case .object(var members) = schema else { return schema }
        members["allOf"] = .array(
            types.map { type, value in
                let named: JSONValue = ["properties": ["type": ["const": .string(type.rawValue)]]]
                return [
                    "if": type == .string ? named : ["allOf": [named, ["required": ["type"]]]],
                    "then": ["properties": ["default": value, "choices": ["items": value, "uniqueItems": true]]],
                ]
            })
        schema = .object(members)
        return schema
    }()
}
