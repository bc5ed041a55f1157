/* SPDX-License-Identifier: Apache-2.0 */
#include "lint/rule.h"

#include <string.h>

#define PAGES "https://docs.docker.com/go/dockerfile/rule/"

static const struct lint_rule_row rows[N_LINT_RULES] = {
	[RULE_STAGE_NAME_CASING] = { .name = "StageNameCasing",
				     .slug = "stage-name-casing",
				     .description = "Stage names should be lowercase" },
	[RULE_FROM_AS_CASING] = { .name = "FromAsCasing",
				  .slug = "from-as-casing",
				  .description =
					  "The 'as' keyword should match the case of the 'from' keyword",
				  .fix = FIX_SAME_IMAGE },
	[RULE_NO_EMPTY_CONTINUATION] = { .name = "NoEmptyContinuation",
					 .slug = "no-empty-continuation",
					 .description =
						 "Empty continuation lines will become errors in a future "
						 "release" },
	[RULE_CONSISTENT_INSTRUCTION_CASING] = { .name = "ConsistentInstructionCasing",
						 .slug = "consistent-instruction-casing",
						 .description =
							 "All commands within the Dockerfile should use "
							 "the same casing (either upper or lower)",
						 .fix = FIX_SAME_IMAGE },
	[RULE_DUPLICATE_STAGE_NAME] = { .name = "DuplicateStageName",
					.slug = "duplicate-stage-name",
					.description = "Stage names should be unique" },
	[RULE_RESERVED_STAGE_NAME] = { .name = "ReservedStageName",
				       .slug = "reserved-stage-name",
				       .description =
					       "Reserved words should not be used as stage names" },
	[RULE_JSON_ARGS_RECOMMENDED] = { .name = "JSONArgsRecommended",
					 .slug = "json-args-recommended",
					 .description =
						 "JSON arguments recommended for ENTRYPOINT/CMD to prevent "
						 "unintended behavior related to OS signals",
					 .fix = FIX_OTHER_CONFIG },
	[RULE_MAINTAINER_DEPRECATED] = { .name = "MaintainerDeprecated",
					 .slug = "maintainer-deprecated",
					 .description =
						 "The MAINTAINER instruction is deprecated, use a label "
						 "instead to define an image author",
					 .fix = FIX_OTHER_CONFIG },
	[RULE_UNDEFINED_ARG_IN_FROM] = { .name = "UndefinedArgInFrom",
					 .slug = "undefined-arg-in-from",
					 .description = "FROM command must use declared ARGs" },
	[RULE_WORKDIR_RELATIVE_PATH] = { .name = "WorkdirRelativePath",
					 .slug = "workdir-relative-path",
					 .description =
						 "Relative workdir without an absolute workdir declared "
						 "within the build can have unexpected results if the base "
						 "image changes" },
	[RULE_UNDEFINED_VAR] = { .name = "UndefinedVar",
				 .slug = "undefined-var",
				 .description = "Variables should be defined before their use" },
	[RULE_MULTIPLE_INSTRUCTIONS_DISALLOWED] = { .name = "MultipleInstructionsDisallowed",
						    .slug = "multiple-instructions-disallowed",
						    .description =
							    "Multiple instructions of the same type should "
							    "not be used in the same stage" },
	[RULE_LEGACY_KEY_VALUE_FORMAT] = { .name = "LegacyKeyValueFormat",
					   .slug = "legacy-key-value-format",
					   .description =
						   "Legacy key/value format with whitespace separator "
						   "should not be used",
					   .fix = FIX_SAME_IMAGE },
	[RULE_INVALID_BASE_IMAGE_PLATFORM] = { .name = "InvalidBaseImagePlatform",
					       .slug = NULL,
					       .description =
						       "Base image platform does not match expected target "
						       "platform" },
	[RULE_REDUNDANT_TARGET_PLATFORM] = { .name = "RedundantTargetPlatform",
					     .slug = "redundant-target-platform",
					     .description =
						     "Setting platform to predefined $TARGETPLATFORM in "
						     "FROM is redundant as this is the default behavior" },
	[RULE_SECRETS_USED_IN_ARG_OR_ENV] = { .name = "SecretsUsedInArgOrEnv",
					      .slug = "secrets-used-in-arg-or-env",
					      .description =
						      "Sensitive data should not be used in the ARG or ENV "
						      "commands" },
	[RULE_INVALID_DEFAULT_ARG_IN_FROM] = { .name = "InvalidDefaultArgInFrom",
					       .slug = "invalid-default-arg-in-from",
					       .description =
						       "Default value for global ARG results in an empty "
						       "or invalid base image name" },
	[RULE_FROM_PLATFORM_FLAG_CONST_DISALLOWED] = { .name = "FromPlatformFlagConstDisallowed",
						       .slug = "from-platform-flag-const-disallowed",
						       .description =
							       "FROM --platform flag should not use a "
							       "constant value" },
	[RULE_COPY_IGNORED_FILE] = { .name = "CopyIgnoredFile",
				     .slug = "copy-ignored-file",
				     .description =
					     "Attempting to Copy file that is excluded by .dockerignore" },
	[RULE_INVALID_DEFINITION_DESCRIPTION] = { .name = "InvalidDefinitionDescription",
						  .slug = "invalid-definition-description",
						  .description =
							  "Comment for build stage or argument should "
							  "follow the format: `# <arg/stage name> "
							  "<description>`. If this is not intended to be "
							  "a description comment, add an empty line or "
							  "comment between the instruction and the "
							  "comment.",
						  .is_experimental = true },
	[RULE_EXPOSE_PROTO_CASING] = { .name = "ExposeProtoCasing",
				       .slug = "expose-proto-casing",
				       .description =
					       "Protocol in EXPOSE instruction should be lowercase" },
	[RULE_EXPOSE_INVALID_FORMAT] = { .name = "ExposeInvalidFormat",
					 .slug = "expose-invalid-format",
					 .description =
						 "IP address and host-port mapping should not be used in "
						 "EXPOSE instruction. This will become an error in a "
						 "future release" },
	[RULE_CACHE_DEFEATING_ORDER] = { .name = "CacheDefeatingOrder",
					 .slug = NULL,
					 .description =
						 "Dependencies should be installed before the whole "
						 "context is copied, else every change of a file installs "
						 "them again",
					 .is_own = true },
	[RULE_DELETED_FILES_KEEP_THEIR_SIZE] = { "DeletedFilesKeepTheirSize", NULL,
						 "Files that a later instruction deletes or writes "
						 "again still cost their size in the image",
						 .is_of_layers = true },
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
