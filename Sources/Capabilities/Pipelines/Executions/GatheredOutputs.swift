// SPDX-License-Identifier: Apache-2.0

import Domain

extension StepSpecification {
    /// What a step with `forEach` made as one: values as a list, with null for a run that made none, files and folders as one folder with
    /// an entry for each run that made some.
    ///
    /// - Parameters:
    ///   - runs: Outputs by the place of the element.
    ///   - count: How many elements there are.
    func gathered(_ runs: [Int: [String: StepOutput]], count: Int) -> [String: StepOutput] {
        var gathered: [String: StepOutput] = [:]
        for name in outputNames {
            var values: [JSONValue] = []
            var files: [String: BlobDigest] = [:]
            for item in 0..<count {
                switch runs[item]?[name] {
                case .value(let value)?: values.append(value)
                case .file(let digest, _)?: files[String(item)] = digest
                case .folder(let members)?: for (path, digest) in members { files["\(item)/\(path)"] = digest }
                case nil: values.append(.null)
                }
            }
            let isValue = outputs[name].map { $0.type == .value } ?? true
            gathered[name] = isValue ? .value(.array(values)) : .folder(files)
        }
        return gathered
    }
}

extension ExecutionReport {
    /// By step, as other steps refer to them. O(runs).
    ///
    /// - Parameter steps: Those of the report's version.
    package func outputs(of steps: [StepSpecification]) -> [String: [String: StepOutput]] {
        var own: [String: [String: StepOutput]] = [:]
        var runs: [String: [Int: [String: StepOutput]]] = [:]
        for result in results {
            if let item = result.unit.item {
                runs[result.unit.step, default: [:]][item] = result.outputs
            } else {
                own[result.unit.step] = result.outputs
            }
        }
        for step in steps {
            guard let counts = state.itemCounts(of: step.name) else { continue }
            own[step.name] = step.gathered(runs[step.name] ?? [:], count: counts.values.reduce(0, +))
        }
        return own
    }
}
