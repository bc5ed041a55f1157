/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/rule.h"

#include <string.h>

#define PAGES "https://docs.docker.com/go/dockerfile/rule/"

static const struct lint_rule_row rows[N_LINT_RULES] = {
	[RULE_STAGE_NAME_CASING] = { "StageNameCasing", "stage-name-casing",
				     "Stage names should be lowercase" },
	[RULE_FROM_AS_CASING] = { "FromAsCasing", "from-as-casing",
				  "The 'as' keyword should match the case of the 'from' keyword",
				  .fix = FIX_SAME_IMAGE },
	[RULE_NO_EMPTY_CONTINUATION] = { "NoEmptyContinuation", "no-empty-continuation",
					 "Empty continuation lines will become errors in a future "
					 "release" },
	[RULE_CONSISTENT_INSTRUCTION_CASING] = { "ConsistentInstructionCasing",
						 "consistent-instruction-casing",
						 "All commands within the Dockerfile should use "
						 "the same casing (either upper or lower)",
						 .fix = FIX_SAME_IMAGE },
	[RULE_DUPLICATE_STAGE_NAME] = { "DuplicateStageName", "duplicate-stage-name",
					"Stage names should be unique" },
	[RULE_RESERVED_STAGE_NAME] = { "ReservedStageName", "reserved-stage-name",
				       "Reserved words should not be used as stage names" },
	[RULE_JSON_ARGS_RECOMMENDED] = { "JSONArgsRecommended", "json-args-recommended",
					 "JSON arguments recommended for ENTRYPOINT/CMD to prevent "
					 "unintended behavior related to OS signals",
					 .fix = FIX_OTHER_CONFIG },
	[RULE_MAINTAINER_DEPRECATED] = { "MaintainerDeprecated", "maintainer-deprecated",
					 "The MAINTAINER instruction is deprecated, use a label "
					 "instead to define an image author",
					 .fix = FIX_OTHER_CONFIG },
	[RULE_UNDEFINED_ARG_IN_FROM] = { "UndefinedArgInFrom", "undefined-arg-in-from",
					 "FROM command must use declared ARGs" },
	[RULE_WORKDIR_RELATIVE_PATH] = { "WorkdirRelativePath", "workdir-relative-path",
					 "Relative workdir without an absolute workdir declared "
					 "within the build can have unexpected results if the base "
					 "image changes" },
	[RULE_UNDEFINED_VAR] = { "UndefinedVar", "undefined-var",
				 "Variables should be defined before their use" },
	[RULE_MULTIPLE_INSTRUCTIONS_DISALLOWED] = { "MultipleInstructionsDisallowed",
						    "multiple-instructions-disallowed",
						    "Multiple instructions of the same type should "
						    "not be used in the same stage" },
	[RULE_LEGACY_KEY_VALUE_FORMAT] = { "LegacyKeyValueFormat", "legacy-key-value-format",
					   "Legacy key/value format with whitespace separator "
					   "should not be used",
					   .fix = FIX_SAME_IMAGE },
	[RULE_INVALID_BASE_IMAGE_PLATFORM] = { "InvalidBaseImagePlatform", NULL,
					       "Base image platform does not match expected target "
					       "platform" },
	[RULE_REDUNDANT_TARGET_PLATFORM] = { "RedundantTargetPlatform", "redundant-target-platform",
					     "Setting platform to predefined $TARGETPLATFORM in "
					     "FROM is redundant as this is the default behavior" },
	[RULE_SECRETS_USED_IN_ARG_OR_ENV] = { "SecretsUsedInArgOrEnv", "secrets-used-in-arg-or-env",
					      "Sensitive data should not be used in the ARG or ENV "
					      "commands" },
	[RULE_INVALID_DEFAULT_ARG_IN_FROM] = { "InvalidDefaultArgInFrom",
					       "invalid-default-arg-in-from",
					       "Default value for global ARG results in an empty "
					       "or invalid base image name" },
	[RULE_FROM_PLATFORM_FLAG_CONST_DISALLOWED] = { "FromPlatformFlagConstDisallowed",
						       "from-platform-flag-const-disallowed",
						       "FROM --platform flag should not use a "
						       "constant value" },
	[RULE_COPY_IGNORED_FILE] = { "CopyIgnoredFile", "copy-ignored-file",
				     "Attempting to Copy file that is excluded by .dockerignore" },
	[RULE_INVALID_DEFINITION_DESCRIPTION] = { "InvalidDefinitionDescription",
						  "invalid-definition-description",
						  "Comment for build stage or argument should "
						  "follow the format: `# <arg/stage name> "
						  "<description>`. If this is not intended to be "
						  "a description comment, add an empty line or "
						  "comment between the instruction and the "
						  "comment.",
						  .is_experimental = true },
	[RULE_EXPOSE_PROTO_CASING] = { "ExposeProtoCasing", "expose-proto-casing",
				       "Protocol in EXPOSE instruction should be lowercase" },
	[RULE_EXPOSE_INVALID_FORMAT] = { "ExposeInvalidFormat", "expose-invalid-format",
					 "IP address and host-port mapping should not be used in "
					 "EXPOSE instruction. This will become an error in a "
					 "future release" },
	[RULE_CACHE_DEFEATING_ORDER] = { "CacheDefeatingOrder", NULL,
					 "Dependencies should be installed before the whole "
					 "context is copied, else every change of a file installs "
					 "them again",
					 .is_own = true },
};

const struct lint_rule_row *lint_rule_row(enum lint_rule rule)
{
	return &rows[rule];
}

void lint_rule_add_url(enum lint_rule rule, struct buf *buf)
{
	if (rows[rule].slug)
		buf_printf(buf, PAGES "%s/", rows[rule].slug);
}

enum lint_rule lint_rule_find(const char *name)
{
	size_t i = 0;

	while (i < N_LINT_RULES && strcmp(rows[i].name, name) != 0)
		i++;
	return (enum lint_rule)i;
}
