// What Grafana publishes about dashboards (@grafana/schema), put together for the panels used here, so
// that tools/check-dashboards can hold the JSON against it. Unknown properties are errors.
import type * as grafana from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as statetimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON has no enumerations: their values instead.
type Json<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type With<T, K extends keyof T> = T & { [P in K]-?: T[P] };

// Of the Prometheus data source, which publishes no types.
type Query = {
  refId: string; expr: string; datasource: grafana.DataSourceRef; editorMode: 'code';
  legendFormat: string; instant: boolean; range: boolean; format: 'time_series' | 'table' | 'heatmap';
};
type Link = { title: string; url: string; targetBlank: boolean };

type FieldConfig<Custom> = Omit<grafana.FieldConfig, 'custom' | 'links' | 'unit'> & {
  custom?: Custom; links: Link[]; unit: string;
};
type PanelOf<Type, Options, Custom> =
  With<Omit<grafana.Panel, 'type' | 'options' | 'fieldConfig' | 'targets'>,
       'id' | 'title' | 'description' | 'gridPos' | 'datasource'> & {
    type: Type; options: Options; targets: Query[];
    fieldConfig: Omit<grafana.FieldConfigSource, 'defaults'> & { defaults: FieldConfig<Custom> };
  };
type Panel =
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'stat', stat.Options, never>
  | PanelOf<'bargauge', bargauge.Options, never>
  | PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | PanelOf<'state-timeline', statetimeline.Options, statetimeline.FieldConfig>
  | PanelOf<'table', table.Options, table.FieldConfig>
  | (Omit<grafana.RowPanel, 'panels'> & { panels: never[] });

type Annotation = Omit<grafana.AnnotationQuery, 'target'> & {
  target: { refId: string; expr: string }; titleFormat: string; textFormat: string;
};

export type Dashboard = Json<
  With<Omit<grafana.Dashboard, 'panels' | 'annotations'>, 'uid' | 'title' | 'description'> & {
    panels: Panel[]; annotations: { list: Annotation[] };
  }>;
