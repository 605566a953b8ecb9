{{/* What every object of this release is called, or what its name begins with. */}}
{{- define "connwatch.name" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" (.Release.Name | trunc 30 | trimSuffix "-") .Chart.Name -}}
{{- end -}}
{{- end -}}

{{/* The labels by which the pods are found. They must never change: a DaemonSet cannot change its
     selector. */}}
{{- define "connwatch.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The labels of every object. helm install adds app.kubernetes.io/managed-by. */}}
{{- define "connwatch.labels" -}}
{{ include "connwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{/* Name, namespace and labels. */}}
{{- define "connwatch.metadata" -}}
name: {{ include "connwatch.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "connwatch.labels" . | nindent 2 }}
{{- end -}}

{{/* Which image: with a digest if there is one. */}}
{{- define "connwatch.image" -}}
{{- with .Values.image -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- if .digest }}@{{ .digest }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* http or https. */}}
{{- define "connwatch.scheme" -}}
{{ ternary "https" "http" .Values.web.tls }}
{{- end -}}

{{/* The folders of the node that the daemon reads below host_root, as a list. type: what the kubelet
     checks before it mounts. /run/netns appears on a node with the first network namespace that has a
     name, so the kubelet makes it where it is missing. */}}
{{- define "connwatch.hostPaths" -}}
- {name: cgroup, path: /sys/fs/cgroup, at: /sys/fs/cgroup, type: Directory}
- {name: pod-logs, path: /var/log/pods, at: /var/log/pods, type: DirectoryOrCreate}
- {name: container-logs, path: /var/log/containers, at: /var/log/containers, type: DirectoryOrCreate}
- {name: netns, path: /run/netns, at: /run/netns, type: DirectoryOrCreate}
{{- with .Values.hostPaths.docker }}
- {name: docker, path: {{ . | quote }}, at: /var/lib/docker/containers, type: Directory}
{{- end }}
{{- with .Values.hostPaths.podman }}
- {name: podman, path: {{ . | quote }}, at: /var/lib/containers/storage/overlay-containers, type: Directory}
{{- end }}
{{- end -}}

{{/* How the kubelet asks. Call it with (dict "root" $ "path" PATH). */}}
{{- define "connwatch.probe" -}}
{{- $probes := .root.Values.probes -}}
{{- if eq $probes.handler "tcp" -}}
tcpSocket:
  port: metrics
  {{- with $probes.host }}
  host: {{ . | quote }}
  {{- end }}
{{- else -}}
httpGet:
  path: {{ .path }}
  port: metrics
  scheme: {{ include "connwatch.scheme" .root | upper }}
  {{- with $probes.host }}
  host: {{ . | quote }}
  {{- end }}
  {{- with $probes.httpHeaders }}
  httpHeaders:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}
