{{- /* What a JSON schema cannot say, or says badly: each message names the key and what to do. */ -}}
{{- define "turnstile.validate" -}}
{{- $v := .Values -}}
{{- if and (not $v.kafka.bootstrapServers) (not $v.devKafka.enabled) -}}
{{- fail "kafka.bootstrapServers is required: \"host:port,…\" (or devKafka.enabled=true to try the chart)" -}}
{{- end -}}
{{- if and $v.kafka.bootstrapServers $v.devKafka.enabled -}}
{{- fail "kafka.bootstrapServers and devKafka.enabled exclude each other: leave one out" -}}
{{- end -}}
{{- if and $v.devKafka.enabled (ne (int $v.topics.replicationFactor) 1) -}}
{{- fail "topics.replicationFactor must be 1 with devKafka.enabled: it is a single broker" -}}
{{- end -}}
{{- $keys := 0 -}}
{{- if $v.tokens.jwksUrl -}}{{- $keys = add1 $keys -}}{{- end -}}
{{- if $v.tokens.jwksSecret.name -}}{{- $keys = add1 $keys -}}{{- end -}}
{{- if $v.tokens.generate -}}{{- $keys = add1 $keys -}}{{- end -}}
{{- if ne (int $keys) 1 -}}
{{- fail "tokens: give exactly one of tokens.jwksUrl, tokens.jwksSecret.name and (to try the chart) tokens.generate" -}}
{{- end -}}
{{- if and $v.tokens.generate (not $v.storage.persistentVolumeClaim.enabled) -}}
{{- fail "tokens.generate keeps its keys on the volume: set storage.persistentVolumeClaim.enabled=true" -}}
{{- end -}}
{{- if not $v.storage.uri -}}
{{- fail "storage.uri is required: s3://BUCKET/PATH, or file:///opt/turnstile/state with storage.persistentVolumeClaim.enabled=true" -}}
{{- end -}}
{{- if and (hasPrefix "file:" $v.storage.uri) (not (and $v.storage.persistentVolumeClaim.enabled (hasPrefix "file:///opt/turnstile/state" $v.storage.uri))) -}}
{{- fail "storage.uri: a file: path must lie below file:///opt/turnstile/state, with storage.persistentVolumeClaim.enabled=true: pods come and go" -}}
{{- end -}}
{{- if and (not $v.highAvailability.enabled) (eq $v.job.commit "checkpoint") -}}
{{- fail "highAvailability.enabled=false with job.commit=checkpoint: a JobManager that restarts would give verdicts a second time" -}}
{{- end -}}
{{- if and (not $v.highAvailability.enabled) (gt (int $v.jobManager.replicas) 1) -}}
{{- fail "jobManager.replicas above 1 needs highAvailability.enabled=true" -}}
{{- end -}}
{{- $lanes := int $v.job.lanes -}}
{{- $slots := int $v.taskManager.slots -}}
{{- if $v.autoscaling.enabled -}}
{{- if ne $v.scheduling "reactive" -}}
{{- fail "autoscaling.enabled needs scheduling=reactive: with fixed parallelism, new TaskManagers get no work" -}}
{{- end -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas" -}}
{{- end -}}
{{- if gt (mul (int $v.autoscaling.maxReplicas) $slots) (int64 $lanes) -}}
{{- fail (printf "autoscaling.maxReplicas (%d) x taskManager.slots (%d) is above job.lanes (%d): a lane has one owner" (int $v.autoscaling.maxReplicas) $slots $lanes) -}}
{{- end -}}
{{- else if gt (mul (int $v.taskManager.replicas) $slots) (int64 $lanes) -}}
{{- fail (printf "taskManager.replicas (%d) x taskManager.slots (%d) is above job.lanes (%d): a lane has one owner" (int $v.taskManager.replicas) $slots $lanes) -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.host) -}}
{{- fail "ingress.host is required with ingress.enabled" -}}
{{- end -}}
{{- end -}}
