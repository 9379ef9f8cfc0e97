/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network/model.h"

#include <stdlib.h>
#include <string.h>

int zsd_model_resize(ZsdModel *model, int inputs, int hidden, int outputs) {
  ZsdNetwork net = {0};
  zsd_model_clear(model);
  if (zsd_network_resize(&net, (ZsdShape){inputs, hidden, outputs}))
    return -1;
  *model = (ZsdModel){inputs, hidden, outputs, net.n,
                      net.params}; /* owned by the model from now on */
  return 0;
}

void zsd_model_clear(ZsdModel *model) {
  free(model->params);
  *model = (ZsdModel){0};
}

ZsdSettings zsd_model_resolve(const ZsdModel *model, const ZsdSettings *settings) {
  ZsdSettings s = *settings;
  if (model->params && s.hidden_channels == 0)
    s.hidden_channels = (unsigned)model->hidden;
  s = zsd_settings_resolve(&s);
  if (model->params) {
    s.warm_start = true;
    s.epochs = settings->epochs;
  }
  return s;
}

bool zsd_model_fits(const ZsdModel *model, ZsdShape shape) {
  return !model->params ||
         zsd_shape_same(shape, (ZsdShape){model->inputs, model->hidden, model->outputs});
}

int zsd_model_copy(ZsdModel *model, ZsdShape shape, const float *params) {
  if (zsd_model_resize(model, shape.inputs, shape.hidden, shape.outputs))
    return -1;
  memcpy(model->params, params, model->count * sizeof *params);
  return 0;
}
