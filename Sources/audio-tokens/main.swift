// SPDX-License-Identifier: Apache-2.0
internal import CommandSupport

ProgramRunner.run(AudioTokens.self)
