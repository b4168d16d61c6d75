{{- /* What a JSON schema cannot say, or says badly: each message names the key and what to do. */ -}}
{{- define "turnstile.validate" -}}
{{- $v := .Values -}}
{{- $name := include "turnstile.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- fail (printf "%q cannot be the name of a service, which begins with a letter: set fullnameOverride" $name) -}}
{{- end -}}
{{- if or (kindIs "float64" $v.image.tag) (typeIs "json.Number" $v.image.tag) -}}
{{- fail "image.tag: put it in quotes; as a number it loses its form, 1.10 becomes 1.1" -}}
{{- end -}}
{{- if and (not $v.kafka.bootstrapServers) (not $v.devKafka.enabled) -}}
{{- fail "kafka.bootstrapServers is required: \"host:port,…\" (or devKafka.enabled=true to try the chart)" -}}
{{- end -}}
{{- if and $v.kafka.bootstrapServers $v.devKafka.enabled -}}
{{- fail "kafka.bootstrapServers and devKafka.enabled exclude each other: leave one out" -}}
{{- end -}}
{{- if and $v.devKafka.enabled (ne (int $v.topics.replicationFactor) 1) -}}
{{- fail "topics.replicationFactor must be 1 with devKafka.enabled: it is a single broker" -}}
{{- end -}}
{{- if and $v.postgresql.url (ne $v.job.commit "journal") -}}
{{- fail "postgresql.url needs job.commit=journal" -}}
{{- end -}}
{{- if and (or $v.postgresql.user $v.postgresql.passwordSecret.name) (not $v.postgresql.url) -}}
{{- fail "postgresql.url is required with postgresql.user and postgresql.passwordSecret.name" -}}
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
{{- if eq $v.mode "operator" -}}
{{- if not $v.highAvailability.enabled -}}
{{- fail "mode=operator needs highAvailability.enabled=true: without it the operator cannot upgrade a job that does not run" -}}
{{- end -}}
{{- if eq $v.scheduling "reactive" -}}
{{- fail "scheduling=reactive is for mode=application: the operator adds TaskManagers itself, and autoscaling.enabled switches its autoscaler on" -}}
{{- end -}}
{{- if and $v.networkPolicy.enabled (not $v.networkPolicy.webFrom) -}}
{{- fail "mode=operator needs networkPolicy.webFrom: the operator's pods, or the policy keeps them from Flink's REST API" -}}
{{- end -}}
{{- end -}}
{{- if $v.upgrade.beside -}}
{{- $why := "" -}}
{{- if ne $v.mode "application" -}}
{{- $why = "mode=application: the operator upgrades in its own way" -}}
{{- else if not $v.highAvailability.enabled -}}
{{- $why = "highAvailability.enabled=true: a JobManager that restarts must not begin again with the old state" -}}
{{- else if ne $v.job.commit "journal" -}}
{{- $why = "job.commit=journal: with checkpoints, two jobs would both give verdicts" -}}
{{- else if $v.postgresql.url -}}
{{- $why = "verdicts in Kafka: PostgreSQL does not know which job is the newer one. Leave postgresql.url out" -}}
{{- else if ne $v.scheduling "fixed" -}}
{{- $why = "scheduling=fixed: a reactive job takes over again whenever it rescales" -}}
{{- else if hasKey $v.job.options "generation" -}}
{{- $why = "no job.options.generation: it is counted" -}}
{{- end -}}
{{- $config := dict -}}
{{- include "turnstile.flatten" (dict "in" $v.flink.config "prefix" "" "out" $config) -}}
{{- range list "execution.checkpointing.dir" "state.checkpoints.dir" "high-availability.storageDir" "high-availability.cluster-id" "kubernetes.cluster-id" "kubernetes.namespace" -}}
{{- if hasKey $config . -}}
{{- $why = printf "no %s in flink.config: clusters and their state are found where the chart puts them, below storage.uri" . -}}
{{- end -}}
{{- end -}}
{{- with $why -}}
{{- fail (printf "upgrade.beside needs %s" .) -}}
{{- end -}}
{{- else if .Release.IsUpgrade -}}
{{- if lookup "v1" "ServiceAccount" .Release.Namespace (printf "%s-upgrade" $name) -}}
{{- fail "upgrade.beside cannot be switched off by an upgrade, which would leave two jobs: helm/README.md, \"Upgrade without a stop\"" -}}
{{- end -}}
{{- end -}}
{{- $lanes := int $v.job.lanes -}}
{{- $slots := int $v.taskManager.slots -}}
{{- if $v.autoscaling.enabled -}}
{{- if and (ne $v.scheduling "reactive") (eq $v.mode "application") -}}
{{- fail "autoscaling.enabled needs scheduling=reactive: with fixed parallelism, new TaskManagers get no work" -}}
{{- end -}}
{{- if and (eq $v.autoscaling.by "keda") (not $v.autoscaling.prometheusUrl) -}}
{{- fail "autoscaling.prometheusUrl is required with autoscaling.by=keda: \"http://host:port\" of Prometheus" -}}
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
{{- if and $v.ingress.enabled $v.networkPolicy.enabled (not $v.networkPolicy.webFrom) -}}
{{- fail "ingress.enabled needs networkPolicy.webFrom: the pods of the ingress controller, or the policy keeps them out" -}}
{{- end -}}
{{- if and $v.gateway.ingress.enabled (not $v.gateway.enabled) -}}
{{- fail "gateway.ingress.enabled needs gateway.enabled" -}}
{{- end -}}
{{- if and $v.gateway.ingress.enabled (not $v.gateway.ingress.host) -}}
{{- fail "gateway.ingress.host is required with gateway.ingress.enabled" -}}
{{- end -}}
{{- if and $v.gateway.ingress.webhooks (not $v.gateway.webhookSecret.name) -}}
{{- fail "gateway.ingress.webhooks needs gateway.webhookSecret.name: without it there are no webhooks" -}}
{{- end -}}
{{- if gt (int $v.gateway.autoscaling.minReplicas) (int $v.gateway.autoscaling.maxReplicas) -}}
{{- fail "gateway.autoscaling.minReplicas is above gateway.autoscaling.maxReplicas" -}}
{{- end -}}
{{- if and $v.feeds.enabled (not (trim $v.feeds.file)) -}}
{{- fail "feeds.file is required with feeds.enabled: the file of feeds, as text" -}}
{{- end -}}
{{- if and $v.certificates.secretName $v.certificates.configMapName -}}
{{- fail "certificates: give one of certificates.secretName and certificates.configMapName" -}}
{{- end -}}
{{- range $label, $value := $v.podLabels -}}
{{- if or (hasPrefix "app.kubernetes.io/" $label) (has $label (list "helm.sh/chart" "turnstile/cluster")) -}}
{{- fail (printf "podLabels: %s is a label that the chart sets itself" $label) -}}
{{- end -}}
{{- end -}}
{{- range $values := list $v $v.jobManager $v.taskManager $v.gateway $v.feeds -}}
{{- range $annotation, $value := $values.podAnnotations -}}
{{- if or (hasPrefix "helm.sh/" $annotation) (has $annotation (list "checksum/config" "turnstile/feeds")) -}}
{{- fail (printf "podAnnotations: %s is an annotation that the chart sets itself" $annotation) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $v.extraEnv -}}
{{- if has .name (list "POD_IP" "JAVA_TOOL_OPTIONS" "TURNSTILE_JAVA_OPTS") -}}
{{- fail (printf "extraEnv: the chart sets %s itself; options of Java belong into javaOptions" .name) -}}
{{- end -}}
{{- end -}}
{{- /* A cluster that answers has this group; `helm template` without a cluster knows none, and says nothing. */ -}}
{{- if .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1" -}}
{{- $needs := dict -}}
{{- range $what := list "prometheusRule" "podMonitor" -}}
{{- if dig $what "enabled" false $v.monitoring -}}
{{- $_ := set $needs "monitoring.coreos.com/v1" (printf "monitoring.%s.enabled needs the Prometheus operator, which this cluster does not have: install it, or set it to false" $what) -}}
{{- end -}}
{{- end -}}
{{- if eq $v.mode "operator" -}}
{{- $_ := set $needs "flink.apache.org/v1beta1" "mode=operator needs the Flink Kubernetes operator, which this cluster does not have: install it, or leave mode=application" -}}
{{- else if and $v.autoscaling.enabled (eq $v.autoscaling.by "keda") -}}
{{- $_ := set $needs "keda.sh/v1alpha1" "autoscaling.by=keda needs KEDA, which this cluster does not have: install it, or set autoscaling.by to load" -}}
{{- end -}}
{{- range $group, $message := $needs -}}
{{- if not ($.Capabilities.APIVersions.Has $group) -}}
{{- fail $message -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
