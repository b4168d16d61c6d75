{{- /*
What load is: how busy the busiest task is keeps as many TaskManagers as the traffic needs; what waits brings more when
they do not catch up. The larger number of the two counts.
*/ -}}
{{- define "turnstile.scalingMetrics" -}}
- series: busy_percent
  type: Value
  target: {{ int .Values.autoscaling.targetBusyPercentage }}
- series: pending_records
  type: AverageValue
  target: {{ int .Values.autoscaling.targetBacklog }}
{{- end -}}

{{- /*
Every change restarts the job: not on a short peak, not while it catches up after the last one, and in one step.
*/ -}}
{{- define "turnstile.scalingBehavior" -}}
behavior:
  {{- range $direction := list "scaleUp" "scaleDown" }}
  {{ $direction }}:
    stabilizationWindowSeconds: {{ index $.Values.autoscaling (printf "%sStabilizationSeconds" $direction) }}
    policies:
      - type: Pods
        value: {{ $.Values.autoscaling.maxReplicas }}
        periodSeconds: 15
  {{- end }}
{{- end -}}
