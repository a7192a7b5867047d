// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Where a value comes from: a reference, resolved as structure and never by pasting text.
///
/// | YAML | case |
/// |---|---|
/// | `{parameter: months}` | `.parameter` |
/// | `{snapshot: flights-2013}`, `{snapshot: {parameter: snapshot}}` | `.snapshot` |
/// | `{model: flights, alias: champion}` | `.model`; nothing when no version has the alias |
/// | `{step: train, output: model}` | `.output` |
/// | `{value: 3}` | `.value` |
/// | `{item: true}`, in a step with `forEach` | `.item` |
/// | a mapping or list in `with` that is none of these | `.mapping`, `.list` |
///
/// **Outputs of a step with `forEach`** are those of all its runs: of type value, the list of them in the order of the elements; of any
/// other type, a folder with an entry for each run, named by the place of its element: `0`, `1`, … A run that was omitted or failed has
/// no entry, and null in the list.
package indirect enum Binding: Sendable, Codable, Equatable {
    case parameter(String)
    /// The snapshot whose name is the value of the inner binding, a `.value` of text or a `.parameter`.
    case snapshot(Binding)
    /// The files of the version that an alias names when the step runs.
    case model(String, alias: String)
    case output(step: String, name: String)
    case value(JSONValue)
    /// The element that this run of a step with `forEach` is for.
    case item
    case mapping([String: Binding])
    case list([Binding])
}

extension Binding {
    package var parameters: [String] {
        switch self {
        case .parameter(let name): [name]
        case .snapshot(let inner): inner.parameters
        case .model, .output, .value, .item: []
        case .mapping(let members): members.values.flatMap(\.parameters)
        case .list(let elements): elements.flatMap(\.parameters)
        }
    }

    /// The step outputs it needs.
    package var outputs: [(step: String, name: String)] {
        switch self {
        case .output(let step, let name): [(step, name)]
        case .parameter, .model, .value, .item: []
        case .snapshot(let inner): inner.outputs
        case .mapping(let members): members.sorted { $0.key < $1.key }.flatMap(\.value.outputs)
        case .list(let elements): elements.flatMap(\.outputs)
        }
    }

    /// Whether it is, or holds, the element of a step with `forEach`.
    package var refersToItem: Bool {
        switch self {
        case .item: true
        case .snapshot(let inner): inner.refersToItem
        case .mapping(let members): members.values.contains(where: \.refersToItem)
        case .list(let elements): elements.contains(where: \.refersToItem)
        case .parameter, .model, .output, .value: false
        }
    }

    /// Parameters that stand where the name of a snapshot is wanted.
    package var snapshotParameters: [String] {
        switch self {
        case .snapshot(let inner): inner.parameters
        case .parameter, .model, .output, .value, .item: []
        case .mapping(let members): members.values.flatMap(\.snapshotParameters)
        case .list(let elements): elements.flatMap(\.snapshotParameters)
        }
    }
}
