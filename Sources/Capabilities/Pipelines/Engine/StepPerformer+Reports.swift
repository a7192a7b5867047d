// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

extension StepPerformer {
    /// What the tools of a step reported in their own files.
    ///
    /// - Parameter isSuccess: Of a step that failed, a report that is missing or cannot be read is left out: its tool may not have come
    ///   to write it.
    /// - Throws: `Problem` `.rejected`.
    func reports(of step: StepSpecification, _ unit: StepUnit, _ number: Int, in folder: String, isSuccess: Bool) throws(Problem)
        -> [KeptReport]
    {
        var reports: [KeptReport] = []
        for (name, output) in step.outputs.sorted(by: { $0.key < $1.key }) {
            guard let format = StepReport.Format(output.type) else { continue }
            do throws(Problem) {
                let bytes = try Self.bytes(folder + "/" + output.path, format, output: name)
                let report = try format.read(bytes, in: folder, output: name)
                reports.append(KeptReport(unit: unit, attempt: number, name: name, report: report))
            } catch {
                if isSuccess { throw error }
            }
        }
        return reports
    }

    private static func bytes(_ path: String, _ format: StepReport.Format, output name: String) throws(Problem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        var information = stat()
        guard descriptor >= 0, fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            if descriptor >= 0 { close(descriptor) }
            throw format.refusal(of: name, "There is no regular file at its path.")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let limit = StepReport.largestFile
        guard let data = try? handle.read(upToCount: limit + 1) ?? Data(), data.count <= limit else {
            throw format.refusal(of: name, "It is longer than \(limit >> 20) MiB.")
        }
        return [UInt8](data)
    }
}
